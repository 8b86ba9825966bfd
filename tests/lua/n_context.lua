-- Tells what it knows of its context, then ends.
--@ entry app.test:reads time ctx
return { main = function(key)
  if key then return ctx.get(key) end
  return ctx.all()
end }

--@ entry app.test:top_level time ctx
local at_load = ctx.get("k")
return { main = function() return at_load end }

-- Spawns a grandchild in a way that does not mention the context.
--@ entry app.test:passes_on time ctx
return { main = function(how, to)
  if how == "exec" then return process.exec("app.test:reads", "app:processes") end
  if how == "builder" then
    process.with_context({ own = 2 }):spawn("app.test:reports", "app:processes", to)
    process.send(to, "left", { own = ctx.get("own"), k = ctx.get("k") })
  else
    process[how]("app.test:reports", "app:processes", to)
  end
  process.inbox():receive()
end }

--@ entry app.test:reports time ctx
return { main = function(to) process.send(to, "context", ctx.all()) process.inbox():receive() end }

--@ entry app.test:errors_of time ctx
return { main = function()
  local out = {}
  for i, key in ipairs{ "", "missing", {}, false } do
    local v, err = ctx.get(key)
    out[i] = { value = v, kind = err and err:kind(), text = err and tostring(err), retryable = err and err:retryable() }
  end
  local v, err = ctx.get()
  out[5] = { value = v, kind = err and err:kind() }
  out.all = type(ctx.all())
  out.empty = next(ctx.all()) == nil
  out.same = require("ctx") == ctx
  out.read_only = not pcall(function() ctx.get = 1 end)
  return out
end }

--@ entry app.test:mutates time ctx
return { main = function()
  local a = ctx.get("nested")
  a.list[1] = "changed"
  ctx.all().nested.list[2] = "changed"
  return ctx.get("nested")
end }

-- Tells its name, its options, and what it still hears.
--@ entry app.test:newborn time ctx
return { main = function(name, parent)
  return {
    k = ctx.get("k"),
    trap_links = process.get_options().trap_links,
    name_is_parents = process.registry.lookup(name) == parent,
    heard = process.receive("20ms") == nil,
  }
end }

--@ entry app.test:idle
return { main = function() process.inbox():receive() end }

-- Forwards every message with its topic and sender.
--@ entry app.test:forwards
return { main = function(to)
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    if m:topic() == "end" then return "ended" end
    process.send(to, "got", { topic = m:topic(), value = m:payload() and m:payload():data(), from = m:from() })
  end
end }

--@ entry app.test:fails
return { main = function() process.inbox():receive() error("boom") end }

--@ entry app.test:no_main
return { other = 1 }

-- All builders of one round race for the same name.
--@ entry app.test:racer
return { main = function(to, name, number)
  local me = process.pid()
  local b = process.with_context({}):with_name(name):with_message("number", number)
  process.send(to, "ready")
  process.inbox():receive()
  local pid, err = b:spawn("app.test:counts", "app:processes", to)
  process.send(to, "raced", { pid = pid, error = err and tostring(err) })
end }

--@ entry app.test:counts
process.send("n.births", "born", process.pid())
return { main = function(to)
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    if m:topic() == "end" then return end
    process.send(to, "number", m:payload():data())
  end
end }

-- Uses a builder of its parent's making to be killed by a failing child.
--@ entry app.test:linked_parent
return { main = function()
  local pid = process.with_context({}):spawn_linked("app.test:fails", "app:processes")
  process.send(pid, "go")
  process.inbox():receive()
end }

--@ test C-209 H-228 a value reaches the child
return { main = function()
  local events = process.events()
  local pid = process.with_context({ k = 1 }):spawn_monitored("app.test:reads", "app:processes", "k")
  local e = t.take(events)
  t.eq(e.from, pid)
  t.eq(e.error, nil)
  t.eq(e.value, 1)
  t.eq(math.type(e.value), "integer")
  process.with_context({ k = "early" }):spawn_monitored("app.test:top_level", "app:processes")
  t.eq(t.take(events).value, "early", "the chunk's top level")
  t.eq(t.run("app.test:reads").value.k, nil, "a spawn without the builder")
  return true
end }

--@ test C-210 C-211 C-216 H-232 H-233 a builder never changes
return { main = function()
  local events = process.events()
  local function context_of(b)
    t.ok(b:spawn_monitored("app.test:reads", "app:processes"))
    return t.take(events).value
  end
  local given = { x = 1, deep = { 1 } }
  local b1 = process.with_context(given)
  given.x, given.deep[1] = 100, 100
  local b2 = b1:with_context({ y = 2 })
  local b3 = b2:with_context({ x = 3, deep = "replaced" })
  local c1, c2, c3 = context_of(b1), context_of(b2), context_of(b3)
  t.eq(c1.x, 1)
  t.eq(c1.deep[1], 1, "copied when it was given")
  t.eq(c1.y, nil)
  t.eq(c2.x, 1)
  t.eq(c2.y, 2)
  t.eq(c3.x, 3)
  t.eq(c3.y, 2)
  t.eq(c3.deep, "replaced")
  t.eq(context_of(b1).x, 1)
  t.eq(context_of(b1).y, nil)
  -- Three spawns of one builder: three processes that share nothing.
  local list, seen, got = {}, {}, process.listen("got")
  local b = b1:with_message("first", { n = 1 })
  for i = 1, 3 do
    list[i] = t.ok(b:spawn("app.test:forwards", "app:processes", process.pid()))
    t.ok(not seen[list[i]])
    seen[list[i]] = true
    t.eq(t.take(got).value.n, 1)
  end
  t.eq(process.terminate(list[1]), true)
  for i = 2, 3 do
    t.eq(process.send(list[i], "still", i), true)
    t.eq(t.take(got).value, i)
    process.terminate(list[i])
  end
  return true
end }

--@ test C-212 the name is there when spawn returns
return { main = function()
  local b = process.with_context({}):with_name("n.service")
  for _ = 1, 200 do
    local pid = t.ok(b:spawn_monitored("app.test:idle", "app:processes"))
    t.eq(process.registry.lookup("n.service"), pid)
    process.send("n.service", "end")
    t.eq(t.take(process.events()).from, pid)
    t.fails(errors.NOT_FOUND, process.registry.lookup("n.service"))
  end
  t.ok(not pcall(b.with_name, b, ""), "an empty name")
  t.ok(not pcall(b.with_name, b), "no name")
  t.ok(not pcall(b.with_name, b, "{a|0x1}"), "a name like a PID")
  local ok, err = pcall(b.with_name, b, "")
  t.eq(err:kind(), errors.INVALID)
  return true
end }

--@ test C-213 a taken name is signalled
return { main = function()
  local events, got = process.events(), process.listen("got")
  local owner = t.ok(process.with_context({}):with_name("n.taken"):spawn("app.test:forwards", "app:processes", process.pid()))
  local b = process.with_context({}):with_name("n.taken"):with_message("a", 1):with_message("b", 2)
  t.ok(process.registry.register("n.births"))
  local births = process.listen("born")
  for _, how in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    local pid, err = b[how](b, "app.test:counts", "app:processes", process.pid())
    t.eq(pid, owner, how)
    t.eq(err, nil)
    for i, topic in ipairs{ "a", "b" } do
      local m = t.take(got)
      t.eq(m.topic, topic)
      t.eq(m.value, i)
      t.eq(m.from, nil)
    end
  end
  t.silent(births, "50ms")
  -- Neither monitored nor linked: the owner's failure is nothing to us.
  t.eq(process.terminate(owner), true)
  t.silent(events, "50ms")
  -- Free again: the same builder starts one.
  local pid = t.ok(b:spawn_monitored("app.test:forwards", "app:processes", process.pid()))
  t.ok(pid ~= owner)
  t.eq(t.take(got).topic, "a")
  t.eq(t.take(got).topic, "b")
  process.send(pid, "end")
  t.eq(t.take(events).from, pid)
  return true
end }

--@ test C-213 a failed spawn leaves the name free
return { main = function()
  local b = process.with_context({}):with_name("n.failed"):with_message("x", 1)
  t.fails(errors.NOT_FOUND, b:spawn("app.test:no_main", "app:processes"))
  t.fails(errors.NOT_FOUND, b:spawn("app.test:unknown", "app:processes"))
  t.fails(errors.NOT_FOUND, b:spawn("app.test:idle", "no:host"))
  t.fails(errors.INVALID, b:spawn("app.test:idle", "app:processes", print))
  t.fails(errors.NOT_FOUND, process.registry.lookup("n.failed"))
  t.eq(process.registry.register("n.failed"), true)
  t.eq(process.registry.unregister("n.failed"), true)
  t.silent(process.events(), "20ms")
  return true
end }

--@ test C-213 of racing builders one starts a process
return { main = function()
  local ready, raced, numbers, births = process.listen("ready"), process.listen("raced"), process.listen("number"),
    process.listen("born")
  t.ok(process.registry.register("n.births"))
  local racers = 8
  for round = 1, 30 do
    local name, all = "n.race." .. round, {}
    for i = 1, racers do all[i] = process.spawn("app.test:racer", "app:processes", process.pid(), name, i) end
    for _ = 1, racers do t.take(ready) end
    for i = 1, racers do process.send(all[i], "go") end
    local winner
    for _ = 1, racers do
      local r = t.take(raced)
      t.ok(r.pid, r.error)
      t.eq(r.pid, winner or r.pid, "the same process for all")
      winner = r.pid
    end
    t.eq(t.take(births), winner, "the one that was started")
    local seen = {}
    for _ = 1, racers do
      local n = t.take(numbers)
      t.ok(not seen[n], "each number once")
      seen[n] = true
    end
    t.eq(process.registry.lookup(name), winner)
    process.send(winner, "end")
  end
  t.silent(births, "50ms")
  return true
end }

--@ test C-214 queued messages in order before all others
return { main = function()
  local got = process.listen("got")
  local value = { 1 }
  local b = process.with_context({}):with_message("t", 1):with_message("t", 2)
  local b2 = b:with_message("t", value):with_message("none")
  value[1] = "changed"
  local pid = t.ok(b2:with_name("n.first"):spawn("app.test:forwards", "app:processes", process.pid()))
  process.send("n.first", "later", 5)
  local values = {}
  for i = 1, 5 do values[i] = t.take(got) end
  t.eq(values[1].value, 1)
  t.eq(values[2].value, 2)
  t.eq(values[3].value[1], 1)
  t.eq(values[4].topic, "none")
  t.eq(values[4].value, nil)
  t.eq(values[5].topic, "later")
  for i = 1, 4 do t.eq(values[i].from, nil, "no sender") end
  t.eq(values[5].from, process.pid())
  process.terminate(pid)
  local other = t.ok(b:spawn("app.test:forwards", "app:processes", process.pid()))
  t.take(got)
  t.eq(t.take(got).value, 2)
  t.silent(got, "50ms")
  process.terminate(other)
  return true
end }

--@ test C-215 C-217 what a builder refuses
return { main = function()
  local b = process.with_context({ k = 1 })
  local function refused(method, ...)
    local ok, err = pcall(b[method], b, ...)
    t.eq(ok, false, method)
    t.eq(type(err), "userdata", method .. " raises an error object")
    t.eq(err:kind(), errors.INVALID, method)
  end
  refused("with_message", "@x")
  refused("with_message", "@x", 1)
  refused("with_message")
  refused("with_message", {})
  refused("with_message", "x", print)
  refused("with_message", "x", { deep = { channel.new() } })
  refused("with_actor", nil)
  refused("with_actor")
  refused("with_actor", {})
  refused("with_actor", "somebody")
  refused("with_scope", nil)
  refused("with_scope")
  refused("with_scope", b)
  refused("with_context")
  refused("with_context", 5)
  refused("with_context", { 1 })
  refused("with_context", { [true] = 1 })
  refused("with_context", { f = print })
  t.ok(not pcall(b.spawn, {}, "app.test:idle", "app:processes"), "not a builder")
  t.ok(not pcall(b.spawn), "nothing")
  t.fails(errors.INVALID, process.with_context())
  t.fails(errors.INVALID, process.with_context("x"))
  t.fails(errors.INVALID, process.with_context({ "x" }))
  t.has(t.fails(errors.INVALID, process.with_context({ deep = { f = print } })), "function")
  t.fails(errors.INVALID, process.with_context({ [1.5] = "x" }))
  t.fails(errors.INVALID, b:with_context({ big = string.rep("x", 2^20) }):spawn("app.test:idle", "app:processes"))
  t.fails(errors.INVALID, process.send(process.pid(), "x", b))
  -- It is as good as before.
  b:spawn_monitored("app.test:reads", "app:processes", "k")
  t.eq(t.take(process.events()).value, 1)
  return true
end }

--@ test C-218 H-229 H-231 grandchildren inherit, and what a child adds is not its parent's
return { main = function()
  local events, contexts, left = process.events(), process.listen("context"), process.listen("left")
  local b = process.with_context({ k = 1, deep = { a = "b" } })
  for _, how in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    local pid = b:spawn("app.test:passes_on", "app:processes", how, process.pid())
    local c = t.take(contexts)
    t.eq(c.k, 1, how)
    t.eq(c.deep.a, "b", how)
    t.eq(c.own, nil)
    process.terminate(pid)
  end
  b:spawn_monitored("app.test:passes_on", "app:processes", "exec")
  t.eq(t.take(events).value.k, 1, "exec")
  b:spawn("app.test:passes_on", "app:processes", "builder", process.pid())
  local c = t.take(contexts)
  t.eq(c.k, 1)
  t.eq(c.own, 2)
  local parents = t.take(left)
  t.eq(parents.own, nil)
  t.eq(parents.k, 1)
  return true
end }

--@ test C-219 nested tables arrive equal
return { main = function()
  local b = process.with_context({
    nested = { list = { 1, 2, { "three" } }, map = { a = { b = { c = true } } }, float = 1.5, big = 2^53 | 0, [7] = "seven" },
    text = "a\0b\xff", no = false,
  })
  b:spawn_monitored("app.test:reads", "app:processes")
  local c = t.take(process.events()).value
  local n = c.nested
  t.eq(#n.list, 3)
  t.eq(n.list[2], 2)
  t.eq(n.list[3][1], "three")
  t.eq(n.map.a.b.c, true)
  t.eq(n.float, 1.5)
  t.eq(n.big, 2^53 | 0)
  t.eq(n[7], "seven")
  t.eq(c.text, "a\0b\xff")
  t.eq(c.no, false)
  -- What a process does with its copy changes nobody's.
  process.with_context({ nested = { list = { "a", "b" } } }):spawn_monitored("app.test:mutates", "app:processes")
  local left = t.take(process.events()).value
  t.eq(left.list[1], "a")
  t.eq(left.list[2], "b")
  -- An error is a value, a Payload stands for its data.
  process.with_context({ e = errors.new("oops"), p = payload.new({ 5 }) }):spawn_monitored("app.test:reads", "app:processes")
  c = t.take(process.events()).value
  t.eq(c.e:message(), "oops")
  t.eq(c.p[1], 5)
  return true
end }

--@ test C-220 the four spawns do what the module's do
return { main = function()
  local events = process.events()
  process.set_options{ trap_links = true }
  local b = process.with_context({ k = 1 })
  local wanted = {
    spawn = {}, spawn_monitored = { process.event.EXIT }, spawn_linked = { process.event.LINK_DOWN },
    spawn_linked_monitored = { process.event.EXIT, process.event.LINK_DOWN },
  }
  for how, list in pairs(wanted) do
    local pid, err = b[how](b, "app.test:fails", "app:processes")
    t.ok(pid, how)
    t.eq(err, nil)
    t.eq(process.send(pid, "go"), true)
    for _, kind in ipairs(list) do
      local e = t.take(events)
      t.eq(e.kind, kind, how)
      t.eq(e.from, pid, how)
      t.has(e.error, "boom", how)
    end
    t.silent(events, "30ms")
    t.fails(errors.INVALID, b[how](b))
    t.fails(errors.INVALID, b[how](b, "app.test:fails"))
    t.fails(errors.INVALID, b[how](b, nil, "app:processes"))
    t.fails(errors.NOT_FOUND, b[how](b, "app.test:unknown", "app:processes"))
    t.has(t.fails(errors.INVALID, b[how](b)), how .. " requires at least id and host arguments")
  end
  -- Arguments come behind the two ids, and an untrapped link kills.
  local got = process.listen("got")
  local pid = b:spawn("app.test:forwards", "app:processes", process.pid())
  process.send(pid, "x", 1)
  t.eq(t.take(got).value, 1)
  process.terminate(pid)
  t.eq(tostring(t.run("app.test:linked_parent").error), "linked process failed")
  return true
end }

--@ test C-309 H-234 H-235 the ctx module
return { main = function()
  local out = t.run("app.test:errors_of").value
  t.eq(out[1].value, nil)
  t.eq(out[1].kind, errors.INVALID)
  t.eq(out[2].value, nil)
  t.eq(out[2].kind, errors.NOT_FOUND)
  t.has(out[2].text, "key not found: missing")
  t.eq(out[2].retryable, false)
  for i = 3, 5 do t.eq(out[i].kind, errors.INVALID) end
  t.eq(out.all, "table")
  t.eq(out.empty, true)
  t.eq(out.same, true)
  t.eq(out.read_only, true)
  t.eq(ctx, nil, "a module that is not listed")
  t.ok(not pcall(require, "ctx"))
  return true
end }

--@ test C-049 context values are inherited and nothing else
return { main = function()
  process.set_options{ trap_links = true }
  t.ok(process.registry.register("n.parent"))
  local heard = process.listen("topic")
  process.with_context({ k = "inherited" }):spawn_monitored("app.test:newborn", "app:processes", "n.parent", process.pid())
  process.send("n.parent", "topic", "for the parent")
  local v = t.take(process.events()).value
  t.eq(v.k, "inherited")
  t.eq(v.trap_links, false)
  t.eq(v.name_is_parents, true)
  t.eq(v.heard, true, "it hears nothing of what its parent listens to")
  t.eq(t.take(heard), "for the parent")
  return true
end }

--@ test H-236 a function as a value is refused by its key
return { main = function()
  t.has(t.fails(errors.INVALID, process.with_context({ good = 1, callback = print })), "callback")
  t.has(t.fails(errors.INVALID, process.with_context({ deep = { f = print } })), "deep")
  local b = process.with_context({ k = 1 })
  local ok, err = pcall(b.with_context, b, { callback = print })
  t.eq(ok, false)
  t.has(err, "callback")
  return true
end }

--@ entry app.test:moves time ctx
return { main = function() process.upgrade("app.test:reads", "k") end }

--@ test H-237 the values stay through an upgrade
return { main = function()
  process.with_context({ k = { 1, "two" } }):spawn_monitored("app.test:moves", "app:processes")
  local v = t.take(process.events()).value
  t.eq(v[1], 1)
  t.eq(v[2], "two")
  return true
end }
