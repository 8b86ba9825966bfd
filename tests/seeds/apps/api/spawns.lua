local time = require("time")
local function all_four(id, host, ...)
--@block 001-03
  return pid, err
end
local function main()
  assert(process.registry.register("probe"))
  local arrived, events, timeout = process.listen("arrived"), process.events(), time.after("5s")
  local last = assert(all_four("app.workers:args_worker", "app:processes", "a", "b"))
  local starts, exits, saw_last = 0, 0, false
  while starts < 4 or exits < 2 do
    local result = channel.select { arrived:case_receive(), events:case_receive(), timeout:case_receive() }
    if result.channel == timeout then return nil, starts .. " starts, " .. exits .. " exits" end
    if result.channel == arrived then
      assert(result.value == "a,b")
      starts = starts + 1
    else
      assert(result.value.kind == process.event.EXIT)
      saw_last = saw_last or result.value.from == last
      exits = exits + 1
    end
  end
  assert(saw_last)
  return starts .. " starts, " .. exits .. " exits"
end
return { main = main }
