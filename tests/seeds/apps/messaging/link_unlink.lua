local time = require("time")
local function main()
  local target_pid = assert(process.spawn("app.test.process:long_worker", "app:processes"))
--@block 002-11
  assert(ok == true and err == nil)
  assert(process.terminate(target_pid))
  time.sleep("100ms")  -- a link left over would end this process here
  return "alive"
end
return { main = main }
