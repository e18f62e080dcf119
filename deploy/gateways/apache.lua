-- Asks Jeton whether a request's token is good, for `LuaHookAccessChecker FILE voice_numbers`. Where it is, three notes say
-- who calls; where it is not, the caller gets Jeton's status and challenge. It needs lua-socket (Debian: lua-socket).

-- Where Jeton is, and one of its environment's own hosts.
local jeton = "http://127.0.0.1:8080"
local host = "auth.example.com"
-- In seconds.
local patience = 5

local http = require "socket.http"
local ltn12 = require "ltn12"

local function ask(r, api, scopes)
  -- Apache joins several fields of this name by a comma, which no token has: Jeton refuses them.
  local headers = { host = host, connection = "close", authorization = r.headers_in["Authorization"] }
  http.TIMEOUT = patience
  local _, status, told = http.request({
    url = jeton .. "/forward-auth/" .. api .. "/" .. scopes,
    headers = headers,
    redirect = false,
    sink = ltn12.sink.null(),
  })
  if status == 200 then
    r.notes["jeton_client_id"] = told["x-jeton-client-id"]
    r.notes["jeton_company"] = told["x-jeton-company"]
    r.notes["jeton_scope"] = told["x-jeton-scope"]
    return apache2.OK
  end
  if status == 400 or status == 401 or status == 403 then
    r.err_headers_out["WWW-Authenticate"] = told["www-authenticate"]
    return status
  end
  -- Jeton cannot be asked, or cannot judge, or is asked wrongly, which its log says.
  r.err_headers_out["Retry-After"] = "5"
  return 503
end

-- One function for each question: the API's id and the scopes, separated by commas.
function voice_numbers(r)
  return ask(r, "voice", "voice.numbers")
end

function voice_billing(r)
  return ask(r, "voice", "voice.billing")
end
