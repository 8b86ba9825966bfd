local function main()
  local worker_pid = assert(process.spawn_monitored("app.test.process:listen_worker", "app:processes"))
--@block 002-03
  local event = process.events():receive()
  assert(event.kind == process.event.EXIT and event.from == worker_pid)
  return tostring(sent) .. " " .. tostring(event.result.value)
end
return { main = main }
