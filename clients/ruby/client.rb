# frozen_string_literal: true

# Calls an API with Jeton's tokens, on the standard library alone. ../README.md says what it reads and prints.

require 'json'
require 'net/http'
require 'securerandom'
require 'uri'

TIMEOUT = 10
PAUSE = 5 # Seconds after a refusal in which nobody asks again.

# Why there is none.
class NoToken < StandardError; end

Settings = Struct.new(:dialect, :url, :id, :secret, :audience, :api)

# Net::HTTP follows no redirect, which would carry secret and token along.
def send_request(request)
  uri = request.uri
  options = { use_ssl: uri.scheme == 'https', open_timeout: TIMEOUT, read_timeout: TIMEOUT }
  Net::HTTP.start(uri.hostname, uri.port, options) { |http| http.request(request) }
end

# [fetch]
# A token, and how many seconds it lives.
def fetch(given)
  request = Net::HTTP::Post.new(URI(given.url))
  form = { grant_type: 'client_credentials' }
  case given.dialect
  when 'gateway'
    request.basic_auth(given.id, given.secret)
    request['x-tracking-id'] = SecureRandom.uuid
    request.form_data = form
  when 'oauth2'
    # RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
    request.basic_auth(*[given.id, given.secret].map { |text| URI.encode_www_form_component(text) })
    form[:resource] = given.audience if given.audience
    request.form_data = form
  else
    request['Accept'] = 'text/plain'
    request.content_type = 'application/json'
    request.body = { clientId: given.id, clientSecret: given.secret, audienceUrl: given.audience }.to_json
  end
  answer = send_request(request)
  raise NoToken, "#{answer.code} #{answer.body[0, 500]}" unless answer.code == '200'

  if given.dialect == 'json'
    # A bare token: its claims say how long it lives.
    claims = JSON.parse(answer.body.split('.')[1].tr('-_', '+/').unpack1('m'))
    return answer.body, claims['exp'] - claims['iat']
  end
  JSON.parse(answer.body).values_at('access_token', 'expires_in')
rescue SystemCallError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, SocketError => e
  raise NoToken, "#{given.url}: #{e.message}"
end
# [/fetch]

# [cache]
# One token for all callers: whoever comes while it is fetched waits for it.
class Tokens
  def initialize(&fetch)
    @fetch = fetch
    @lock = Mutex.new
    @until = 0
  end

  # The token; another one than +refused+, which an API answered with 401.
  def get(refused = nil)
    @lock.synchronize do
      now = seconds
      raise @failure if @failure && now < @until
      return @token if @token && @token != refused && now < @until

      renew(now)
    end
  end

  private

  def renew(now)
    @token, life = @fetch.call
    @failure = nil
    @until = now + life - [60, life / 5.0].min
    @token
  rescue NoToken => e
    @failure = e
    @until = now + PAUSE
    raise
  end

  # By a clock that nobody sets.
  def seconds
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
# [/cache]

# [call]
# The status of the API's answer. A 401 has one new token fetched, and one call more.
def call(api, tokens)
  token = tokens.get
  status = get(api, token)
  status == '401' ? get(api, tokens.get(token)) : status
end
# [/call]

def get(api, token)
  send_request(Net::HTTP::Get.new(URI(api), 'Authorization' => "Bearer #{token}")).code
end

def settings
  file = ENV['JETON_CLIENT_SECRET_FILE']
  secret = file ? File.read(file, encoding: 'UTF-8').chomp : ENV.fetch('JETON_CLIENT_SECRET')
  needed = %w[JETON_DIALECT JETON_TOKEN_URL JETON_CLIENT_ID].map { |name| ENV.fetch(name) }
  Settings.new(*needed, secret, ENV['JETON_AUDIENCE'], ENV.fetch('API_URL'))
end

def run
  begin
    given = settings
  rescue KeyError, SystemCallError => e
    warn e.message
    return 2
  end
  tokens = Tokens.new { fetch(given) }
  code = 0
  $stdin.each_line do |line|
    threads = Array.new(Integer(line)) do
      Thread.new { call(given.api, tokens) }.tap { |thread| thread.report_on_exception = false }
    end
    statuses = threads.map(&:value)
    $stdout.puts(statuses.join(' '))
    $stdout.flush
    code = 1 if statuses.any? { |status| status >= '300' }
  rescue NoToken => e
    warn "no token: #{e.message}"
    return 3
  rescue SystemCallError, IOError, Timeout::Error, SocketError => e
    warn "#{given.api}: #{e.message}"
    return 1
  end
  code
end

exit run if $PROGRAM_NAME == __FILE__
