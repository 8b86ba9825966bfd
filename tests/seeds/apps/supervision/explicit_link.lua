local function main()
  local worker = assert(process.spawn_monitored("app.workers:link_worker", "app:processes"))
  local target = assert(process.spawn("app.workers:link_target", "app:processes"))
  local linked = process.listen("linked")
  process.send(worker, "target", target)
  assert(linked:receive() == worker, "the worker confirms with its own pid")
  process.send(target, "fail", "now")
  local event = process.events():receive()
  assert(event.from == worker)
  if event.error then return nil, event.error end
  return event.value
end
return { main = main }
