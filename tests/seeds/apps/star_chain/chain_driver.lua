local time = require("time")
local function main()
  assert(process.registry.register("probe"))
  local nodes, events, timeout = process.listen("node"), process.events(), time.after("4s")
  local root = assert(process.spawn_monitored("app.workers:chain_root", "app:processes"))
  local depths, died = {}, 0
  while died < 6 do  -- the root and five nodes
    local result = channel.select { nodes:case_receive(), events:case_receive(), timeout:case_receive() }
    if result.channel == timeout then return nil, "timeout after " .. died .. " exits" end
    if result.channel == nodes then
      assert(process.monitor(result.value.pid))
      depths[result.value.pid] = result.value.depth
    else
      local event = result.value
      local expected = event.from == root and "CHAIN_ROOT_FAILURE" or "linked process failed"
      assert(tostring(event.error):find(expected, 1, true), tostring(event.error))
      died = died + 1
    end
  end
  local sum = 0
  for _, depth in pairs(depths) do sum = sum + depth end
  return "chain of " .. died .. " died, depths add up to " .. sum
end
return { main = main }
