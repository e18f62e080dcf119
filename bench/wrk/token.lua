-- Token requests of one dialect, each with a credential of a file of lines `id secret`.
-- Arguments: the dialect (oauth2, gateway or json), the file, and `in-order` for each credential once and then no more.

dofile("bench/wrk/done.lua")

-- Two digits of base64 for each twelve bits: a million credentials are encoded before a run begins.
local pairs_of_digits = {}
do
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for high = 1, 64 do
    for low = 1, 64 do
      pairs_of_digits[#pairs_of_digits + 1] = digits:sub(high, high) .. digits:sub(low, low)
    end
  end
end

local function base64(text)
  local missing = -#text % 3
  local whole, parts = text .. ("\0"):rep(missing), {}
  for at = 1, #whole, 3 do
    local a, b, c = whole:byte(at, at + 2)
    local number = a * 65536 + b * 256 + c
    local low = number % 4096
    parts[#parts + 1] = pairs_of_digits[(number - low) / 4096 + 1]
    parts[#parts + 1] = pairs_of_digits[low + 1]
  end
  local encoded = table.concat(parts)
  return encoded:sub(1, #encoded - missing) .. ("="):rep(missing)
end

local FORM = "application/x-www-form-urlencoded"
local dialects = {
  oauth2 = function(id, secret)
    local headers = { ["Content-Type"] = FORM, ["Authorization"] = "Basic " .. base64(id .. ":" .. secret) }
    return wrk.format("POST", "/oauth/v2/token", headers, "grant_type=client_credentials")
  end,
  gateway = function(id, secret)
    local headers = {
      ["Content-Type"] = FORM,
      ["Authorization"] = "Basic " .. base64(id .. ":" .. secret),
      ["x-tracking-id"] = "bench-4711",
    }
    return wrk.format("POST", "/authentication/v1/oauth/token", headers, "grant_type=client_credentials")
  end,
  json = function(id, secret)
    local body = string.format(
      '{"clientId":"%s","clientSecret":"%s","audienceUrl":"https://api.example/bench"}', id, secret)
    return wrk.format("POST", "/authentication/api/v1/oauth2/token", { ["Content-Type"] = "application/json" }, body)
  end,
}

local requests, next_one = {}, 0

function init(arguments)
  -- Jeton answers to its own names and to those of this machine, and a balancer may have another.
  wrk.headers["Host"] = "localhost"
  local make = dialects[arguments[1]]
  for line in io.lines(arguments[2]) do
    local id, secret = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = make(id, secret)
  end
  math.randomseed(os.time())
  if arguments[3] == "in-order" then
    request = function()
      next_one = next_one % #requests + 1
      return requests[next_one]
    end
  else
    request = function() return requests[math.random(#requests)] end
  end
end
