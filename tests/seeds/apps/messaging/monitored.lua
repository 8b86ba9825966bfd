local time = require("time")
local function main(mode)
  if mode then assert(process.registry.register("mode " .. mode)) end
--@block 002-07
  assert(event.from == worker_pid)
  return "value: " .. tostring(event.result.value)
end
return { main = main }
