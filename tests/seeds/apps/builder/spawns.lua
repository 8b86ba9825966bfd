local time = require("time")
local function all_four(spawner, id, host, ...)
--@block 001-14
end
local function main()
  assert(process.registry.register("probe"))
  local arrived, events, timeout = process.listen("arrived"), process.events(), time.after("5s")
  all_four(process.with_context({ request_id = "7" }), "app.workers:reader", "app:processes", "request_id", "a", "b")
  local starts, exits = 0, 0
  while starts < 4 or exits < 2 do
    local result = channel.select { arrived:case_receive(), events:case_receive(), timeout:case_receive() }
    if result.channel == timeout then return nil, starts .. " starts, " .. exits .. " exits" end
    if result.channel == arrived then
      assert(result.value == "a,b 7")
      starts = starts + 1
    else
      assert(result.value.kind == process.event.EXIT and result.value.value == "7")
      exits = exits + 1
    end
  end
  return starts .. " starts, " .. exits .. " exits"
end
return { main = main }
