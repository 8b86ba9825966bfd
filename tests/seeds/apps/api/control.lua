local function main()
  local destination = assert(process.spawn_monitored("app.workers:long_worker", "app:processes"))
--@block 001-04
  -- The second call comes after the kill: the process may be gone already.
  assert(ok == true or err:kind() == errors.NOT_FOUND)
  return tostring(process.events():receive().error)
end
return { main = main }
