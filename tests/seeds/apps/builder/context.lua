local function main()
--@block 001-12
  assert(spawner:spawn_monitored("app.workers:reader", "app:processes", "request_id"))
  return process.events():receive().value
end
return { main = main }
