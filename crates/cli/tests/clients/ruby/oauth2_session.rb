# frozen_string_literal: true

# A token by the gem oauth2. Versions before 2 send the pair in the body by default; :basic_auth joins it as it is.

require 'json'
require 'oauth2'

task = JSON.parse($stdin.read)
methods = { 'client_secret_basic' => :basic_auth, 'client_secret_post' => :request_body }
begin
  scheme = methods.fetch(task['method'])
  client = OAuth2::Client.new(task['client_id'], task['client_secret'], token_url: task['token_url'], auth_scheme: scheme)
  said = { token: client.client_credentials.get_token.token }
rescue OAuth2::Error => e
  said = { error: e.class.name, code: e.code }
end
puts said.to_json
