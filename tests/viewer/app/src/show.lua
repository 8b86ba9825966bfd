-- Something to look at: a ping-pong pair, and eight sources that fan in to one sink.
local function main()
  local host = "app:processes"
  local sink = assert(process.spawn_monitored("app:sink", host, 8))
  for _ = 1, 8 do assert(process.spawn("app:source", host, sink)) end
  local pong = assert(process.spawn("app:pong", host))
  local ping = assert(process.spawn_monitored("app:ping", host, pong))
  local events = process.events()
  for _ = 1, 2 do
    local event = events:receive()
    if event.result.error then error(event.result.error) end
  end
end
return { main = main }
