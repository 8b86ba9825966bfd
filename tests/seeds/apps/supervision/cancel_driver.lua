local function main()
  local worker = assert(process.spawn_linked_monitored("app.workers:cancel_worker", "app:processes"))
  assert(process.cancel(worker, "5s"))
  local event = process.events():receive()
  assert(event.kind == process.event.EXIT and event.from == worker)
  return tostring(event.value)  -- a normal exit: the link ends in silence
end
return { main = main }
