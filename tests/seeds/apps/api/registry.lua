local function round(name, pid)
--@block 001-15
  return ok, pid
end
local function main()
  local ok, pid = round("a name")
  assert(ok == true and pid == process.pid(), "the default is the caller")
  local other = assert(process.spawn("app.workers:long_worker", "app:processes"))
  ok, pid = round("another name", other)
  assert(ok == true and pid == other)
  assert(process.terminate(other))
  return "registered"
end
return { main = main }
