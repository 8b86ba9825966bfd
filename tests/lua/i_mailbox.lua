--@ entry app.test:returns
return { main = function() return 5 end }

--@ entry app.test:says_hi
return { main = function(to) process.send(to, "hi", 1) end }

--@ test C-126 C-127 C-128 C-129 the same channels
return { main = function()
  local inbox, events = process.inbox(), process.events()
  local a, b = process.listen("a"), process.listen("b")
  t.ok(process.inbox() == inbox and process.events() == events and inbox ~= events)
  t.ok(process.listen("a") == a and process.listen("b") == b and a ~= b and a ~= inbox)
  process.send(process.pid(), "a", 1)
  local r = channel.select{ inbox:case_receive(), a:case_receive() }
  t.ok(r.channel == a and process.listen("a") == a)
  process.send(process.pid(), "c", 1)
  t.ok(channel.select{ a:case_receive(), inbox:case_receive() }.channel == inbox)
  process.cancel(process.pid())
  t.ok(channel.select{ inbox:case_receive(), events:case_receive() }.channel == events)
  t.ok(process.inbox() == inbox and process.events() == events and process.listen("b") == b)
  return true
end }

--@ test C-130 C-131 C-132 C-133 topics and modes
return { main = function()
  local me = process.pid()
  local raw, full, inbox = process.listen("raw"), process.listen("full", { message = true }), process.inbox()
  process.send(me, "raw", { 1 })
  process.send(me, "full", "x")
  process.send(me, "other", "y")
  t.eq(raw:receive().from, nil)
  local m = full:receive()
  t.eq(m:topic(), "full")
  t.eq(m:from(), me)
  t.eq(m:payload():data(), "x")
  local o = t.take(inbox)
  t.eq(o:topic(), "other")
  t.eq(o:payload():data(), "y")
  t.silent(inbox, "20ms")
  local again = process.listen("raw", { message = true })
  t.ok(again == raw)
  process.send(me, "raw", "z")
  t.eq(t.take(raw):topic(), "raw")
  process.listen("raw")
  process.send(me, "raw", "z")
  t.eq(t.take(raw):topic(), "raw")
  return true
end }

--@ test C-134 C-135 bad topics
return { main = function()
  t.has(t.fails(errors.INVALID, process.listen("")), "topic cannot be empty")
  t.has(t.fails(errors.INVALID, process.listen("@a")), "cannot listen to @ topics")
  t.fails(errors.INVALID, process.listen())
  t.fails(errors.INVALID, process.listen({}))
  return true
end }

--@ test C-136 C-137 C-138 routed when handed over
return { main = function()
  local me = process.pid()
  process.send(me, "a", 1)
  process.send(me, "b", 2)
  process.send(me, "c", 3)
  local a = process.listen("a")
  t.eq(t.take(a), 1)
  local inbox = process.inbox()
  local b = process.listen("b")
  t.eq(t.take(inbox):topic(), "c")
  t.eq(t.take(b), 2)
  process.send(me, "d", 4)
  process.send(me, "e", 5)
  process.send(me, "d", 6)
  time.sleep("5ms")
  local d = process.listen("d")
  t.eq(t.take(inbox):topic(), "e")
  t.eq(t.take(d), 4)
  t.eq(t.take(d), 6)
  return true
end }

--@ test C-137 what came before inbox() comes in order
return { main = function()
  local me = process.pid()
  for i = 1, 20 do process.send(me, "t" .. i % 3, i) end
  time.sleep("5ms")
  local inbox = process.inbox()
  for i = 1, 20 do
    local m = t.take(inbox)
    t.eq(m:topic(), "t" .. i % 3)
    t.eq(m:payload():data(), i)
  end
  return true
end }

--@ test C-139 exact topics
return { main = function()
  local ch, inbox = process.listen("a.*"), process.inbox()
  process.send(process.pid(), "a.b", 1)
  t.eq(t.take(inbox):topic(), "a.b")
  t.silent(ch, "20ms")
  return true
end }

--@ test C-140 three queued messages
return { main = function()
  local me = process.pid()
  for i = 1, 3 do process.send(me, "x", i) end
  local ch = process.listen("x")
  for i = 1, 3 do t.eq(ch:receive(), i) end
  return true
end }

--@ test C-141 C-142 C-143 default and views
return { main = function()
  local inbox, events = process.inbox(), process.events()
  t.eq(channel.select{ inbox:case_receive(), default = true }.default, true)
  t.eq(channel.select{ events:case_receive(), default = true }.default, true)
  process.send(process.pid(), "x", 7)
  process.cancel(process.pid())
  time.sleep("5ms")
  local r = channel.select{ inbox:case_receive(), default = true }
  t.eq(r.default, nil)
  t.eq(r.value:payload():data(), 7)
  t.eq(channel.select{ events:case_receive(), default = true }.value.kind, process.event.CANCEL)
  return true
end }

--@ test C-144 C-145 C-146 C-147 C-148 C-149 unlisten
return { main = function()
  local me = process.pid()
  local ch, inbox = process.listen("x"), process.inbox()
  process.send(me, "x", "kept")
  process.send(me, "y", "younger")
  time.sleep("5ms")
  local woken = channel.new(1)
  local blocked = process.listen("z")
  coroutine.spawn(function()
    local v, ok = blocked:receive()
    woken:send({ v, ok })
  end)
  time.sleep("5ms")
  t.eq(process.unlisten(blocked), true)
  local w = woken:receive()
  t.eq(w[1], nil)
  t.eq(w[2], false)
  t.eq(process.unlisten(ch), true)
  t.eq(t.take(inbox):payload():data(), "kept")
  t.eq(t.take(inbox):payload():data(), "younger")
  process.send(me, "x", "later")
  t.eq(t.take(inbox):payload():data(), "later")
  local v, ok = ch:receive()
  t.eq(v, nil)
  t.eq(ok, false)
  local r, err = process.unlisten(ch)
  t.eq(r, false)
  t.eq(err:kind(), errors.NOT_FOUND)
  r, err = process.unlisten(channel.new())
  t.eq(r, false)
  t.ok(err)
  r, err = process.unlisten("x")
  t.eq(r, false)
  t.eq(err:kind(), errors.INVALID)
  local new = process.listen("x")
  t.ok(new ~= ch)
  process.send(me, "x", 1)
  t.eq(t.take(new), 1)
  t.eq(process.unlisten(inbox), true)
  t.ok(process.inbox() ~= inbox)
  local events = process.events()
  t.eq(process.unlisten(events), true)
  process.cancel(me)
  t.eq(t.take(process.events()).kind, process.event.CANCEL)
  return true
end }

--@ test C-150 receive in order of arrival
return { main = function()
  local me = process.pid()
  process.send(me, "first", 1)
  process.cancel(me)
  process.send(me, "third", 3)
  t.eq(process.receive():topic(), "first")
  t.eq(process.receive().kind, process.event.CANCEL)
  t.eq(process.receive():topic(), "third")
  return true
end }

--@ test C-151 C-288 receive with a limit
return { main = function()
  for _, limit in ipairs{ { time.seconds(1), 1000 }, { time.milliseconds(50), 50 }, { "50ms", 50 }, { 50, 50 } } do
    local before = time.now()
    local v, err = process.receive(limit[1])
    t.fails(errors.TIMEOUT, v, err)
    local ms = time.now():sub(before):milliseconds()
    t.ok(ms >= limit[2] and ms < limit[2] + 200, ms)
  end
  t.fails(errors.INVALID, process.receive("soon"))
  t.fails(errors.INVALID, process.receive({}))
  t.fails(errors.INVALID, process.receive(-1))
  t.fails(errors.TIMEOUT, process.receive(0))
  process.send(process.pid(), "x")
  t.eq(process.receive(time.seconds(10)):topic(), "x")
  return true
end }

--@ test C-152 receive an exit
return { main = function()
  local pid = process.spawn_monitored("app.test:returns", "app:processes")
  local e = process.receive(time.seconds(10))
  t.eq(e.type, "EXIT")
  t.eq(e.value, 5)
  t.eq(e.from, pid)
  return true
end }

--@ test C-153 unread mail waits
return { main = function()
  process.send(process.pid(), "odd", 1)
  for i = 1, 100 do process.spawn("app.test:says_hi", "app:processes", process.pid()) end
  local hi = process.listen("hi")
  for _ = 1, 100 do t.take(hi) end
  t.eq(process.inbox():receive():topic(), "odd")
  return true
end }

--@ test C-138 thousand topics
return { main = function()
  local me = process.pid()
  for i = 1, 1000 do process.send(me, "t" .. i, i) end
  local inbox = process.inbox()
  for i = 1, 1000, 2 do
    local ch = process.listen("t" .. i)
    t.eq(t.take(ch), i)
    process.unlisten(ch)
  end
  for i = 2, 1000, 2 do t.eq(t.take(inbox):topic(), "t" .. i) end
  t.silent(inbox, "10ms")
  return true
end }

--@ test two coroutines share the inbox
return { main = function()
  local inbox, got = process.inbox(), channel.new(10)
  for i = 1, 3 do coroutine.spawn(function() got:send((inbox:receive():topic())) end) end
  time.sleep("5ms")
  for i = 1, 3 do process.send(process.pid(), "m" .. i) end
  for i = 1, 3 do t.eq(t.take(got), "m" .. i) end
  return true
end }

--@ test a script closes a view itself
return { main = function()
  local ch, inbox = process.listen("x"), process.inbox()
  ch:close()
  process.send(process.pid(), "x", 1)
  t.eq(t.take(inbox):topic(), "x")
  inbox:close()
  t.ok(process.inbox() ~= inbox)
  process.send(process.pid(), "y", 1)
  t.eq(t.take(process.inbox()):topic(), "y")
  return true
end }
