-- Asks Jeton whether a request's token is good: `http-request lua.jeton API SCOPES`, in a frontend. Where it is, three
-- variables say who calls; where it is not, the caller gets Jeton's answer.

-- Where Jeton is, and one of its environment's own hosts.
local jeton = "http://127.0.0.1:8080"
local host = "auth.example.com"
-- In milliseconds.
local patience = 5000

-- What the caller is told of Jeton's answer, beside status and body.
local told = { "www-authenticate", "retry-after", "content-type", "cache-control", "x-request-id" }

local function answer(txn, status, headers, body)
  local reply = txn:reply({ status = status })
  for _, name in ipairs(told) do
    if headers[name] then
      reply:add_header(name, headers[name][0])
    end
  end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action("jeton", { "http-req" }, function(txn, api, scopes)
  txn:set_var("txn.jeton_passed", false)
  -- All of them: more than one is a fault, which Jeton tells.
  local given = {}
  local authorization = txn.http:req_get_headers()["authorization"]
  for at = 0, (authorization and #authorization or -1) do
    given[#given + 1] = authorization[at]
  end
  local response = core.httpclient():get({
    url = jeton .. "/forward-auth/" .. api .. "/" .. scopes,
    headers = { host = { host }, authorization = given },
    timeout = patience,
  })
  local headers = response.headers or {}
  if response.status == 200 then
    txn:set_var("txn.jeton_client_id", headers["x-jeton-client-id"][0])
    txn:set_var("txn.jeton_company", headers["x-jeton-company"][0])
    txn:set_var("txn.jeton_scope", headers["x-jeton-scope"][0])
    txn:set_var("txn.jeton_passed", true)
  elseif response.status == 401 or response.status == 403 or response.status == 400 then
    answer(txn, response.status, headers, response.body or "")
  else
    -- Jeton cannot be asked, or cannot judge, or is asked wrongly, which its log says.
    answer(txn, 503, { ["retry-after"] = { [0] = "5" } }, "")
  end
end, 2)
