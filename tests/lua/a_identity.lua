--@ entry app.test:say_pid
return { main = function(parent) process.send(parent, "pid", process.pid()) end }

--@ entry app.test:nothing
return { main = function() end }

--@ test C-001 pid is constant and not empty
return { main = function()
  local pid = process.pid()
  t.ok(#pid > 0)
  t.eq(process.pid(), pid)
  return true
end }

--@ test C-002 the child sees the pid that spawn returned
return { main = function()
  local ch = process.listen("pid")
  local pid = process.spawn("app.test:say_pid", "app:processes", process.pid())
  t.eq(t.take(ch), pid)
  return true
end }

--@ test C-003 no pid twice
return { main = function()
  local seen, events = {}, process.events()
  for i = 1, 10000 do
    local pid = t.ok(process.spawn_monitored("app.test:nothing", "app:processes"))
    t.ok(not seen[pid], "new pid")
    seen[pid] = true
    t.eq(t.take(events).from, pid)
  end
  return true
end }

--@ test C-004 the form of a pid
return { main = function()
  local pid = process.pid()
  t.ok(string.match(pid, "^{app:processes|0x%x%x%x%x%x+}$"), pid)
  return true
end }

--@ entry app.workers:handler nothing
return { main = function() return { id = process.id(), pid = process.pid(), time = time } end }

--@ test C-005 C-006 id without modules
return { main = function()
  t.ok(string.match(process.id(), "^test:C%-005@"))
  local e = t.run("app.workers:handler")
  t.eq(e.value.id, "app.workers:handler")
  t.eq(e.value.pid, e.from)
  t.eq(e.value.time, nil)
  return true
end }

--@ test C-007 require process is process
return { main = function()
  t.ok(require("process") == process)
  return true
end }
