--@ entry app.test:fails_on_mail
return { main = function() process.inbox():receive() error("target failed") end }

--@ entry app.test:returns_on_mail
return { main = function() process.inbox():receive() return nil end }

--@ entry app.test:error_pair_on_mail
return { main = function() process.inbox():receive() return nil, "bad end" end }

--@ entry app.test:linker
-- Links to the target, says so, then waits.
return { main = function(target, to, trap)
  process.set_options{ trap_links = trap or false }
  local inbox, events = process.inbox(), process.events()
  local ok, err = process.link(target)
  process.send(to, "linked", { ok, err and tostring(err) })
  while true do
    local r = channel.select{ inbox:case_receive(), events:case_receive() }
    if r.channel == events then
      process.send(to, "event", r.value)
    elseif r.value:topic() == "unlink" then
      process.send(to, "unlinked", process.unlink(target))
    elseif r.value:topic() == "link" then
      process.send(to, "linked", { process.link(r.value:payload():data()) })
    elseif r.value:topic() == "fail" then
      error("linker failed")
    else
      return "end"
    end
  end
end }

--@ entry app.test:catcher
return { main = function(target, to)
  process.link(target)
  process.send(to, "linked")
  pcall(function() process.inbox():receive() end)
  process.send(to, "caught")
end }

--@ entry app.test:links_itself
return { main = function()
  local ok = process.link(process.pid())
  process.unlink(process.pid())
  process.link(process.pid())
  error(tostring(ok))
end }

--@ entry app.test:member
return { main = function(to, peers)
  for _, p in ipairs(peers) do process.link(p) end
  process.send(to, "linked")
  process.inbox():receive()
  error("member failed")
end }

--@ test C-099 link and failure
return { main = function()
  local events, linked = process.events(), process.listen("linked")
  local target = process.spawn("app.test:fails_on_mail", "app:processes")
  local pid = process.spawn_monitored("app.test:linker", "app:processes", target, process.pid())
  t.eq(t.take(linked)[1], true)
  process.send(target, "go")
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(tostring(e.error), "linked process failed")
  return true
end }

--@ test C-100 symmetric
return { main = function()
  local events, linked = process.events(), process.listen("linked")
  local target = process.spawn_monitored("app.test:returns_on_mail", "app:processes")
  local pid = process.spawn("app.test:linker", "app:processes", target, process.pid())
  t.take(linked)
  process.send(pid, "fail")
  local e = t.take(events)
  t.eq(e.from, target)
  t.eq(tostring(e.error), "linked process failed")
  return true
end }

--@ test C-101 C-107 C-108 twice linked, one LINK_DOWN
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local target = process.spawn("app.test:fails_on_mail", "app:processes")
  t.eq(process.link(target), true)
  t.eq(process.link(target), true)
  process.send(target, "go")
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.type, "LINK_DOWN")
  t.eq(e.from, target)
  t.has(e.result.error, "target failed")
  t.has(e.error, "target failed")
  t.silent(events, "50ms")
  local again = process.spawn_linked("app.test:fails_on_mail", "app:processes")
  process.send(again, "go")
  t.eq(t.take(events).from, again)
  return true
end }

--@ test C-102 C-112 nobody
return { main = function()
  local e = t.run("app.test:links_itself")
  t.fails(errors.NOT_FOUND, process.link(e.from))
  t.fails(errors.NOT_FOUND, process.link("unknown"))
  t.fails(errors.INVALID, process.link())
  t.fails(errors.INVALID, process.unlink())
  t.silent(process.events(), "50ms")
  return true
end }

--@ test C-103 C-104 C-105 unlink
return { main = function()
  local events, me = process.events(), process.pid()
  process.set_options{ trap_links = true }
  local target = process.spawn("app.test:fails_on_mail", "app:processes")
  process.link(target)
  t.eq(process.unlink(target), true)
  t.eq(process.unlink(target), true)
  process.send(target, "go")
  t.silent(events)
  local linked, unlinked = process.listen("linked"), process.listen("unlinked")
  local peer = process.spawn("app.test:linker", "app:processes", me, me)
  t.take(linked)
  process.send(peer, "unlink")
  t.eq(t.take(unlinked), true)
  process.send(peer, "fail")
  t.silent(events)
  return true
end }

--@ test C-106 normal exit
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local pid = process.spawn_linked("app.test:returns_on_mail", "app:processes")
  process.send(pid, "go")
  t.silent(events, "200ms")
  return true
end }

--@ test C-110 an error pair is a failure
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local pid = process.spawn_linked("app.test:error_pair_on_mail", "app:processes")
  process.send(pid, "go")
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(tostring(e.error), "bad end")
  return true
end }

--@ test C-111 itself
return { main = function()
  local e = t.run("app.test:links_itself")
  t.has(e.error, "true")
  return true
end }

--@ test C-113 a pair, linked from both sides
return { main = function()
  local events, linked, me = process.events(), process.listen("linked"), process.pid()
  local a = process.spawn_monitored("app.test:linker", "app:processes", me, me)
  t.eq(t.take(linked)[1], true)
  t.eq(process.unlink(a), true)
  local b = process.spawn_monitored("app.test:member", "app:processes", me, { a })
  t.take(linked)
  process.send(a, "link", b)
  t.eq(t.take(linked)[1], true)
  process.send(b, "go")
  local ends = {}
  for _ = 1, 2 do
    local e = t.take(events)
    t.ok(not ends[e.from], "one EXIT each")
    ends[e.from] = tostring(e.error)
  end
  t.has(ends[b], "member failed")
  t.eq(ends[a], "linked process failed")
  t.silent(events, "50ms")
  return true
end }

--@ test C-114 a triangle
return { main = function()
  local events, linked, me = process.events(), process.listen("linked"), process.pid()
  local a = process.spawn_monitored("app.test:member", "app:processes", me, {})
  local b = process.spawn_monitored("app.test:member", "app:processes", me, { a })
  local c = process.spawn_monitored("app.test:member", "app:processes", me, { a, b })
  for _ = 1, 3 do t.take(linked) end
  process.send(b, "go")
  local seen = {}
  for _ = 1, 3 do
    local e = t.take(events)
    t.ok(not seen[e.from])
    t.ok(e.error)
    seen[e.from] = true
  end
  t.ok(seen[a] and seen[b] and seen[c])
  t.silent(events, "50ms")
  return true
end }

--@ test C-115 pcall does not catch it
return { main = function()
  local events, linked, caught = process.events(), process.listen("linked"), process.listen("caught")
  local target = process.spawn("app.test:fails_on_mail", "app:processes")
  process.spawn_monitored("app.test:catcher", "app:processes", target, process.pid())
  t.take(linked)
  process.send(target, "go")
  t.eq(tostring(t.take(events).error), "linked process failed")
  t.silent(caught, "50ms")
  return true
end }

--@ test C-116 two failures, two events
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local a = process.spawn_linked("app.test:fails_on_mail", "app:processes")
  local b = process.spawn_linked("app.test:fails_on_mail", "app:processes")
  process.send(a, "go")
  process.send(b, "go")
  local seen = {}
  for _ = 1, 2 do
    local e = t.take(events)
    t.eq(e.kind, process.event.LINK_DOWN)
    seen[e.from] = true
  end
  t.ok(seen[a] and seen[b])
  t.silent(events, "50ms")
  return true
end }
