--@ entry app.test:obedient
return { main = function(to)
  local events = process.events()
  if to then process.send(to, "ready") end
  local e = events:receive()
  if to then process.send(to, "event", e) end
  return e.kind
end }

--@ entry app.test:deaf
return { main = function() process.inbox():receive() end }

--@ entry app.test:reports_all
return { main = function(to)
  local events = process.events()
  while true do process.send(to, "event", (events:receive())) end
end }

--@ entry app.test:late_opener
return { main = function(to)
  local time = require("time")
  time.sleep("30ms")
  return process.events():receive().kind
end }

--@ entry app.test:busy
return { main = function()
  local inbox, events = process.inbox(), process.events()
  local seen = 0
  while true do
    local r = channel.select{ inbox:case_receive(), events:case_receive() }
    if r.channel == events then return seen, nil end
    seen = seen + 1
  end
end }

--@ test C-063 C-064 C-065 C-068 the event
return { main = function()
  local ready, got, me = process.listen("ready"), process.listen("event"), process.pid()
  local pid = process.spawn("app.test:obedient", "app:processes", me)
  t.take(ready)
  local ok, err = process.cancel(pid)
  t.eq(ok, true)
  t.eq(err, nil)
  local e = t.take(got)
  t.eq(e.kind, process.event.CANCEL)
  t.eq(e.type, "CANCEL")
  t.eq(e.from, me)
  t.eq(e.deadline, nil)
  t.eq(e.result, nil)
  local deaf = process.spawn("app.test:deaf", "app:processes")
  process.monitor(deaf)
  process.cancel(deaf)
  process.cancel(deaf, 0)
  process.cancel(deaf, "0s")
  t.silent(process.events(), "150ms")
  process.terminate(deaf)
  return true
end }

--@ test C-066 the deadline field
return { main = function()
  local got = process.listen("event")
  local pid = process.spawn("app.test:reports_all", "app:processes", process.pid())
  local before = os.time()
  process.cancel(pid, "5s")
  local e = t.take(got)
  local second = string.match(e.deadline, "^(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d)%.%d+Z$")
  t.ok(second, e.deadline)
  local about = {}
  for s = 5, 7 do about[os.date("!%Y-%m-%dT%H:%M:%S", before + s)] = true end
  t.ok(about[second], e.deadline)
  process.terminate(pid)
  return true
end }

--@ test C-067 C-069 C-062 numbers are milliseconds and deadlines kill
return { main = function()
  local events = process.events()
  for _, deadline in ipairs{ 100, "100ms" } do
    local pid = process.spawn_monitored("app.test:deaf", "app:processes")
    local before = time.now()
    t.eq(process.cancel(pid, deadline), true)
    local e = t.take(events)
    local ms = time.now():sub(before):milliseconds()
    t.ok(ms >= 99 and ms < 400, ms)
    t.has(e.error, "cancel deadline exceeded")
    t.eq(e.error:kind(), errors.CANCELED)
  end
  return true
end }

--@ test C-071 C-072 returning in time
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local pid = process.spawn_linked_monitored("app.test:obedient", "app:processes")
  process.cancel(pid, "50ms")
  local e = t.take(events)
  t.eq(e.kind, process.event.EXIT)
  t.eq(e.value, process.event.CANCEL)
  t.eq(e.error, nil)
  t.silent(events, "100ms")
  return true
end }

--@ test C-073 cancel before events is opened
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:late_opener", "app:processes")
  process.cancel(pid)
  t.eq(t.take(events).value, process.event.CANCEL)
  return true
end }

--@ test C-074 C-075 C-076 C-080 C-081 wrong arguments
return { main = function()
  local got, events = process.listen("event"), process.events()
  local pid = process.spawn_monitored("app.test:reports_all", "app:processes", process.pid())
  t.has(t.fails(errors.INVALID, process.cancel(pid, "soon")), "invalid duration format")
  t.fails(errors.INVALID, process.cancel(pid, "100"))
  t.fails(errors.INVALID, process.cancel(pid, true))
  t.has(t.fails(errors.INVALID, process.cancel(pid, {})), "deadline must be either a duration string or milliseconds number")
  t.fails(errors.INVALID, process.cancel(pid, "-1s"))
  t.fails(errors.INVALID, process.cancel(pid, -5))
  t.fails(errors.INVALID, process.cancel(pid, 0 / 0))
  t.fails(errors.INVALID, process.cancel())
  t.fails(errors.NOT_FOUND, process.cancel("unknown"))
  t.silent(got, "50ms")
  process.terminate(pid)
  t.take(events)
  t.fails(errors.NOT_FOUND, process.cancel(pid))
  return true
end }

--@ test C-077 twice
return { main = function()
  local got = process.listen("event")
  local pid = process.spawn("app.test:reports_all", "app:processes", process.pid())
  process.cancel(pid)
  process.cancel(pid)
  t.eq(t.take(got).kind, process.event.CANCEL)
  t.eq(t.take(got).kind, process.event.CANCEL)
  t.silent(got, "50ms")
  process.terminate(pid)
  return true
end }

--@ test C-078 C-079 the earliest deadline counts
return { main = function()
  local events = process.events()
  for _, pair in ipairs{ { "100ms", "10s" }, { "10s", "100ms" } } do
    local pid = process.spawn_monitored("app.test:deaf", "app:processes")
    process.cancel(pid, pair[1])
    process.cancel(pid, pair[2])
    process.cancel(pid)
    local before = time.now()
    t.has(t.take(events).error, "cancel deadline")
    local ms = time.now():sub(before):milliseconds()
    t.ok(ms >= 90 and ms < 400, ms)
  end
  return true
end }

--@ test C-070 deadline kill and links
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local pid = process.spawn_linked("app.test:deaf", "app:processes")
  process.cancel(pid, "30ms")
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.from, pid)
  t.has(e.error, "cancel deadline exceeded")
  return true
end }

--@ test C-082 a busy select
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:busy", "app:processes")
  for i = 1, 50 do process.send(pid, "x", i) end
  process.cancel(pid)
  t.eq(t.take(events).value, 50)
  return true
end }

--@ test C-083 of oneself
return { main = function()
  local events = process.events()
  t.eq(process.cancel(process.pid()), true)
  local e = t.take(events)
  t.eq(e.kind, process.event.CANCEL)
  t.eq(e.from, process.pid())
  return true
end }
