local time = require("time")
local function main(mode)
  assert(process.registry.register("probe"))
  if mode then assert(process.registry.register("mode " .. mode)) end
  local children = process.listen("child")
  local events, timeout = process.events(), time.after("10s")
  local parent = assert(process.spawn_monitored("app.workers:star_parent", "app:processes"))
  for _ = 1, 10 do
    local child = children:receive()
    assert(process.monitor(child))
    process.send(child, "go")
  end
  local ends = {}
  for _ = 1, 11 do
    local result = channel.select { events:case_receive(), timeout:case_receive() }
    if result.channel == timeout then return nil, "timeout waiting for 11 exits" end
    local event = result.value
    if event.from == parent then
      assert(tostring(event.error):find("PARENT_STAR_FAILURE", 1, true))
    else
      local how = tostring(event.error or event.value)
      ends[how] = (ends[how] or 0) + 1
    end
  end
  local how, count = next(ends)
  return count .. " children: " .. how .. (next(ends, how) and " and others" or "")
end
return { main = main }
