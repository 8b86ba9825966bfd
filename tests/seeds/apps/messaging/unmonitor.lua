local time = require("time")
local function main()
--@block 002-08
--@block 002-09
  assert(ok == true and err == nil)
  assert(process.terminate(worker_pid))
  local timeout = time.after("200ms")
  local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
  return result.channel == timeout and "no event" or "an event came"
end
return { main = main }
