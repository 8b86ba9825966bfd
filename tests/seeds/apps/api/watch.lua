local time = require("time")
local function main()
  local destination = assert(process.spawn("app.workers:long_worker", "app:processes"))
--@block 001-05
  assert(ok == true and err == nil)
  assert(process.terminate(destination))
  local timeout = time.after("100ms")
  local result = channel.select { process.events():case_receive(), timeout:case_receive() }
  return result.channel == timeout and "neither event nor death" or "an event came"
end
return { main = main }
