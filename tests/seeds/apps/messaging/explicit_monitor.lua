local function main()
--@block 002-08
  assert(ok == true)
  assert(process.terminate(worker_pid))
  local event = events_ch:receive()
  assert(event.kind == process.event.EXIT and event.from == worker_pid)
  return tostring(event.result.error)
end
return { main = main }
