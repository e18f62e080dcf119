-- Token requests of one dialect, each with a credential of a file of lines `id secret`.
-- Arguments: the dialect (oauth2, gateway or json), the file, and `in-order` for each credential once and then no more.

dofile("bench/wrk/done.lua")

local function base64(text)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local parts = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local number = a * 65536 + (b or 0) * 256 + (c or 0)
    local function digit(shift)
      local index = math.floor(number / 2 ^ shift) % 64 + 1
      return digits:sub(index, index)
    end
    parts[#parts + 1] = digit(18) .. digit(12) .. (b and digit(6) or "=") .. (c and digit(0) or "=")
  end
  return table.concat(parts)
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
