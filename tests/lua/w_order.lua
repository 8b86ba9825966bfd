--@ entry app.test:says_hi
return { main = function(to) process.send(to, "hi") end }

--@ entry app.test:pong
return { main = function()
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    if m:topic() == "stop" then return end
    process.send(m:from(), "pong", m:payload())
  end
end }

--@ entry app.test:loops
return { main = function() while true do end end }

--@ entry app.test:chain
return { main = function(to, depth)
  if depth > 1 then process.spawn_linked("app.test:chain", "app:processes", to, depth - 1) end
  process.send(to, "member", process.pid())
  process.inbox():receive()
  error("root failed")
end }

--@ entry app.test:star_child
return { main = function(to, parent, trap)
  process.set_options{ trap_links = trap }
  local events = process.events()
  process.link(parent)
  process.send(to, "member", process.pid())
  return events:receive().kind
end }

--@ entry app.test:fails_on_mail
return { main = function() process.inbox():receive() error("hub failed") end }

--@ entry app.test:never_reads
return { main = function() end }

--@ entry app.test:slow_reader
local time = require("time")
return { main = function(to, target)
  local inbox = process.inbox()
  process.link(target)
  process.send(to, "ready")
  time.sleep("50ms")
  while true do process.send(to, "handled", (inbox:receive():topic())) time.sleep("1ms") end
end }

--@ test C-317 message before EXIT
return { main = function()
  local events, inbox = process.events(), process.inbox()
  for _ = 1, 50 do
    process.spawn_monitored("app.test:says_hi", "app:processes", process.pid())
    local r = channel.select{ events:case_receive(), inbox:case_receive() }
    t.ok(r.channel == inbox)
    t.eq(r.value:topic(), "hi")
    r = channel.select{ inbox:case_receive(), events:case_receive() }
    t.ok(r.channel == events)
  end
  return true
end }

--@ test C-318 send to the dead in the handler
return { main = function()
  local events = process.events()
  for _ = 1, 50 do
    process.spawn_monitored("app.test:never_reads", "app:processes")
    local e = t.take(events)
    t.fails(errors.NOT_FOUND, process.send(e.from, "x"))
  end
  return true
end }

--@ test C-319 a chain of five
return { main = function()
  local members, events = process.listen("member"), process.events()
  local root = process.spawn("app.test:chain", "app:processes", process.pid(), 5)
  local seen = {}
  for _ = 1, 5 do
    local pid = t.take(members)
    process.monitor(pid)
    seen[pid] = true
  end
  process.send(root, "go")
  for _ = 1, 5 do
    local e = t.take(events)
    t.ok(seen[e.from])
    seen[e.from] = nil
    t.ok(e.error)
  end
  t.silent(events, "50ms")
  return true
end }

--@ test C-320 a star of ten
return { main = function()
  local members, events, me = process.listen("member"), process.events(), process.pid()
  local hub = process.spawn("app.test:fails_on_mail", "app:processes")
  local trapping = {}
  for i = 1, 10 do
    trapping[process.spawn_monitored("app.test:star_child", "app:processes", me, hub, i % 2 == 0)] = i % 2 == 0
  end
  for _ = 1, 10 do t.take(members) end
  process.send(hub, "go")
  for _ = 1, 10 do
    local e = t.take(events)
    if trapping[e.from] then
      t.eq(e.value, process.event.LINK_DOWN)
    else
      t.eq(tostring(e.error), "linked process failed")
    end
  end
  return true
end }

--@ entry app.test:middle
-- Linked to both neighbours; tells what happens to it.
return { main = function(to, left, right)
  process.set_options{ trap_links = true }
  local events, inbox = process.events(), process.inbox()
  process.link(left)
  process.link(right)
  process.send(to, "member")
  while true do
    local r = channel.select{ events:case_receive(), inbox:case_receive() }
    if r.channel == inbox then return "lives" end
    process.send(to, "told", { r.value.kind, r.value.from })
  end
end }

--@ test C-321 who traps in the middle stops the cascade
return { main = function()
  local events, told, members, me = process.events(), process.listen("told"), process.listen("member"), process.pid()
  local left = process.spawn_monitored("app.test:fails_on_mail", "app:processes")
  local right = process.spawn_monitored("app.test:pong", "app:processes")
  local middle = process.spawn_monitored("app.test:middle", "app:processes", me, left, right)
  t.take(members)
  process.send(left, "go")
  local e = t.take(events)
  t.eq(e.from, left)
  t.has(e.error, "hub failed")
  local what = t.take(told)
  t.eq(what[1], process.event.LINK_DOWN)
  t.eq(what[2], left)
  t.silent(events, "50ms")
  local replies = process.listen("pong")
  t.eq(process.send(right, "ping", 5), true)
  t.eq(t.take(replies), 5)
  process.send(middle, "end")
  e = t.take(events)
  t.eq(e.from, middle)
  t.eq(e.value, "lives")
  t.silent(told, "20ms")
  t.eq(process.send(right, "stop"), true)
  t.eq(t.take(events).error, nil)
  return true
end }

--@ test C-322 LINK_DOWN before unread messages
return { main = function()
  local events, handled, ready = process.events(), process.listen("handled"), process.listen("ready")
  local target = process.spawn("app.test:fails_on_mail", "app:processes")
  local pid = process.spawn_monitored("app.test:slow_reader", "app:processes", process.pid(), target)
  t.take(ready)
  for i = 1, 100 do process.send(pid, "m" .. i) end
  process.send(target, "go")
  t.eq(tostring(t.take(events).error), "linked process failed")
  t.silent(handled, "30ms")
  return true
end }

--@ test C-323 workers=1 an exchange beside busy loops
return { main = function()
  for _ = 1, 2 do process.spawn("app.test:loops", "app:processes") end
  local pong = process.spawn("app.test:pong", "app:processes")
  local replies = process.listen("pong")
  for i = 1, 20 do
    process.send(pong, "ping", i)
    t.eq(t.take(replies), i)
  end
  return true
end }

--@ test C-325 terminate races with return
return { main = function()
  local events = process.events()
  for _ = 1, 200 do
    local pid = process.spawn_monitored("app.test:never_reads", "app:processes")
    process.terminate(pid)
    t.eq(t.take(events).from, pid)
  end
  t.silent(events, "30ms")
  return true
end }

--@ test C-326 mail of the dead is dropped
return { main = function()
  local events = process.events()
  local pid = process.spawn_monitored("app.test:fails_on_mail", "app:processes")
  for i = 1, 100 do process.send(pid, "x", { i }) end
  t.has(t.take(events).error, "hub failed")
  return true
end }
