local time = require("time")
local function main(mode)
  if mode then assert(process.registry.register("mode " .. mode)) end
  local linker = assert(process.spawn_monitored("app.test.process:linker", "app:processes", process.pid()))
  local child = process.listen("child"):receive()
  assert(process.monitor(child))
  -- A child that is killed by its link before its first turn has not asked for the event yet.
  while mode and not process.registry.lookup("trapping") do time.sleep("1ms") end
  process.send(linker, "go")
  local timeout = time.after("5s")
  local seen = {}
  for _ = 1, 2 do
    local result = channel.select { process.events():case_receive(), timeout:case_receive() }
    if result.channel == timeout then return nil, "timeout waiting for two exits" end
    seen[result.value.from] = result.value
  end
  assert(tostring(seen[linker].error):find("linker failed", 1, true))
  return "child: " .. tostring(seen[child].error or seen[child].value)
end
return { main = main }
