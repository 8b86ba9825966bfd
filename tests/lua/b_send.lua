--@ entry app.test:collect
-- Answers every "get" with what came on "data", in order.
return { main = function()
  local data, get = process.listen("data"), process.listen("get", { message = true })
  local got = {}
  while true do
    local r = channel.select{ data:case_receive(), get:case_receive() }
    if r.channel == data then
      got[#got + 1] = r.value
    else
      process.send(r.value:from(), "got", got)
      return
    end
  end
end }

--@ entry app.test:gone
return { main = function() end }

--@ entry app.test:sender
return { main = function(to, tag, n)
  for i = 1, n do process.send(to, "data", { tag, i }) end
end }

--@ entry app.test:idle
return { main = function() process.listen("never"):receive() end }

--@ test C-008 C-022 send returns true and keeps order
return { main = function()
  local got = process.listen("got")
  local pid = process.spawn("app.test:collect", "app:processes")
  for i = 1, 100 do
    local ok, err = process.send(pid, "data", i)
    t.eq(ok, true)
    t.eq(err, nil)
  end
  process.send(pid, "get")
  local list = t.take(got)
  t.eq(#list, 100)
  for i = 1, 100 do t.eq(list[i], i) end
  return true
end }

--@ test C-009 C-232 send to a registered name
return { main = function()
  local ch = process.listen("x")
  t.ok(process.registry.register("b.send"))
  t.eq(process.send("b.send", "x", 7), true)
  t.eq(t.take(ch), 7)
  return true
end }

--@ test C-010 C-011 C-012 C-013 wrong arguments
return { main = function()
  local me, inbox = process.pid(), process.inbox()
  t.fails(errors.INVALID, process.send(me, "@x", 1))
  t.fails(errors.INVALID, process.send())
  t.fails(errors.INVALID, process.send(me))
  t.fails(errors.INVALID, process.send(nil, "t", 1))
  t.fails(errors.INVALID, process.send(me, nil, 1))
  t.fails(errors.INVALID, process.send({}, "t", 1))
  local err = t.fails(errors.NOT_FOUND, process.send("no such name", "t", 1))
  t.eq(tostring(err), "could not resolve 'no such name' as PID or registered name")
  t.silent(inbox)
  return true
end }

--@ test C-014 C-015 send to nobody
return { main = function()
  local e = t.run("app.test:gone")
  t.has(t.fails(errors.NOT_FOUND, process.send(e.from, "t", 1)), "not found")
  t.has(t.fails(errors.NOT_FOUND, process.send("{no:host|0x00001}", "t", 1)), "not found")
  t.fails(errors.NOT_FOUND, process.send("{|}", "t", 1))
  return true
end }

--@ test C-016 send to oneself
return { main = function()
  local ch = process.listen("self")
  t.eq(process.send(process.pid(), "self", "hello"), true)
  t.eq(t.take(ch), "hello")
  return true
end }

--@ test C-017 C-018 C-019 numbers of payloads
return { main = function()
  local me = process.pid()
  local raw, full = process.listen("raw"), process.listen("full", { message = true })
  process.send(me, "raw")
  process.send(me, "raw", "a", "b")
  process.send(me, "full")
  process.send(me, "full", "a", { 2 })
  process.send(me, "full", nil)
  local v, ok = raw:receive()
  t.eq(v, nil)
  t.eq(ok, true)
  local two = raw:receive()
  t.eq(#two, 2)
  t.eq(two[1] .. two[2], "ab")
  t.eq(full:receive():payload(), nil)
  local both = full:receive():payload()
  t.eq(#both, 2)
  t.eq(both[1]:data(), "a")
  t.eq(both[2]:data()[1], 2)
  local one = full:receive():payload()
  t.eq(type(one), "userdata")
  t.eq(one:data(), nil)
  return true
end }

--@ test C-020 C-021 copies
return { main = function()
  local ch, me = process.listen("x"), process.pid()
  local mine = { n = 1, sub = { 1, 2 } }
  process.send(me, "x", mine)
  mine.n = 2
  mine.sub[1] = 9
  local theirs = t.take(ch)
  t.eq(theirs.n, 1)
  t.eq(theirs.sub[1], 1)
  theirs.sub[2] = 7
  t.eq(mine.sub[2], 2)
  return true
end }

--@ test C-023 order over topics
return { main = function()
  local me = process.pid()
  local a, b, inbox = process.listen("a"), process.listen("b"), process.inbox()
  for i = 1, 60 do process.send(me, ({ "a", "b", "c" })[i % 3 + 1], i) end
  for i = 1, 60 do
    local r = channel.select{ inbox:case_receive(), b:case_receive(), a:case_receive() }
    local v = r.value
    if r.channel == inbox then v = v:payload():data() end
    t.eq(v, i)
  end
  return true
end }

--@ test C-024 C-027 two senders and eight
return { main = function()
  local ch, me = process.listen("data"), process.pid()
  for s = 1, 8 do process.spawn("app.test:sender", "app:processes", me, s, 1000) end
  local last = {}
  for _ = 1, 8000 do
    local m = t.take(ch)
    t.eq(m[2], (last[m[1]] or 0) + 1)
    last[m[1]] = m[2]
  end
  t.silent(ch, "50ms")
  return true
end }

--@ test C-025 a mailbox without limit
return { main = function()
  local pid = process.spawn("app.test:idle", "app:processes")
  for i = 1, 100000 do t.eq(process.send(pid, "x", i), true) end
  t.eq(process.monitor(pid), true)
  process.terminate(pid)
  t.eq(t.take(process.events()).from, pid)
  return true
end }

--@ test C-026 messages before the child ran
return { main = function()
  local got = process.listen("got")
  local pid = process.spawn("app.test:collect", "app:processes")
  process.send(pid, "data", "early")
  process.send(pid, "get")
  t.eq(t.take(got)[1], "early")
  return true
end }

--@ test C-028 any bytes
return { main = function()
  local ch = process.listen("x")
  local bytes = {}
  for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
  bytes = table.concat(bytes)
  process.send(process.pid(), "x", bytes)
  t.eq(t.take(ch), bytes)
  return true
end }
