# frozen_string_literal: true

# An API that verifies tokens by the gem jwt, with a key set that net/http fetches.

require 'json'
require 'jwt'
require 'net/http'

task = JSON.parse($stdin.read)
begin
  keys = JSON.parse(Net::HTTP.get(URI(task['keys'])), symbolize_names: true)
  options = {
    algorithms: task['algorithms'], jwks: keys,
    iss: task['issuer'], verify_iss: true, aud: task['audience'], verify_aud: true,
    required_claims: %w[exp sub client_id]
  }
  claims, header = JWT.decode(task['token'], nil, true, options)
  raise JWT::DecodeError, 'no access token' unless header['typ'] == 'at+jwt'

  said = { claims: claims }
rescue JWT::DecodeError => e
  said = { error: e.class.name, code: e.message }
end
puts said.to_json
