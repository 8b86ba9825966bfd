-- Six processes that never yield are terminated by one that sleeps; the order of everything is the seed's.
local time = require("time")

local function main()
  local names = {}
  for _, n in ipairs { "a", "b", "c", "dd", "ee", "ff", "ggg" } do names[n] = true end
  local order = ""
  for n in pairs(names) do order = order .. n .. " " end
  print(order)

  local pids = {}
  for i = 1, 6 do pids[i] = process.spawn_monitored("app:spin", "app:processes") end
  time.sleep("5ms")
  for _, pid in ipairs(pids) do process.terminate(pid) end
  local events = process.events()
  for _ = 1, 6 do
    local event = events:receive()
    print(event.kind, event.from)
  end
  return 0
end

return { main = main }
