-- A GET with a bearer token. Arguments: the path, and the file that the token is in.

dofile("bench/wrk/done.lua")

function init(arguments)
  local file = assert(io.open(arguments[2]))
  local token = file:read("*l")
  file:close()
  local text = wrk.format("GET", arguments[1], { ["Authorization"] = "Bearer " .. token })
  request = function() return text end
end
