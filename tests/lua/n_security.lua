--@ entry app.test:who security
return { main = function()
  local actor, scope = security.actor(), security.scope()
  return { id = actor and actor:id(), meta = actor and actor:meta(), scope = scope ~= nil, can = security.can("process.spawn", "x") }
end }

--@ test [security] C-217 C-218 actors and scopes of the security module go along with a builder
return { main = function()
  local events = process.events()
  local function who(b)
    b:spawn_monitored("app.test:who", "app:processes")
    return t.take(events).value
  end
  t.eq(security.actor(), nil)
  t.eq(security.scope(), nil)
  t.eq(security.can("process.spawn", "app.test:who"), false)
  local meta = { role = "admin", deep = { 1, 2 } }
  local b = process.with_context({}):with_actor(security.new_actor("user:1", meta))
  meta.role = "changed"
  local w = who(b)
  t.eq(w.id, "user:1")
  t.eq(w.meta.role, "admin")
  t.eq(w.meta.deep[2], 2)
  t.eq(w.scope, false)
  w = who(b:with_scope(security.new_scope()))
  t.eq(w.scope, true)
  t.eq(w.can, false)
  return true
end }

--@ test [security] actors and scopes: methods and refusals
return { main = function()
  local a = security.new_actor("user:1")
  t.eq(a:id(), "user:1")
  t.eq(next(a:meta()), nil)
  a:meta().x = 1
  t.eq(a:meta().x, nil)
  for _, bad in ipairs{ { "" }, { "x", { f = print } } } do
    local v, err = security.new_actor(table.unpack(bad, 1, 2))
    t.eq(v, nil)
    t.eq(err:kind(), errors.INVALID)
  end
  for _, bad in ipairs{ {}, { {} }, { "x", 5 } } do t.ok(not pcall(security.new_actor, table.unpack(bad, 1, 2))) end
  t.ok(not pcall(security.new_scope, 1))
  t.ok(not pcall(security.new_scope, { "app:p" }))
  t.ok(not pcall(security.policy))
  t.ok(not pcall(security.can, "a"))
  local s = security.new_scope()
  t.eq(#s:policies(), 0)
  t.eq(s:contains("app:p"), false)
  t.eq(s:evaluate(a, "process.spawn", "app:x"), "undefined")
  t.ok(s:without("app:p"))
  t.ok(not pcall(s.with, s, "app:p"))
  t.ok(not pcall(s.evaluate, s, "user:1", "a", "r"))
  for _, f in ipairs{ security.policy, security.named_scope, security.token_store } do
    local v, err = f("app:none")
    t.eq(v, nil)
    t.eq(err:kind(), errors.NOT_FOUND)
  end
  local ok, err = process.send(process.pid(), "t", a)
  t.eq(ok, nil)
  t.eq(err:kind(), errors.INVALID)
  return true
end }

--@ test [security] H-219 H-221 H-222 H-223 policies, groups, and scopes that never change
return { main = function()
  local a = security.new_actor("user:1")
  local everything = t.ok(security.policy("app.sec:everything"))
  local no_spawn = t.ok(security.policy("app.sec:no_spawn"))
  t.eq(everything:id(), "app.sec:everything")
  t.eq(everything:evaluate(a, "any", "thing"), "allow")
  t.eq(no_spawn:evaluate(a, "process.spawn", "app.test:x"), "deny")
  t.eq(no_spawn:evaluate(a, "process.send", "x"), "undefined")
  local group = t.ok(security.named_scope("app.sec:no_spawn"))
  local ids = {}
  for i, p in ipairs(group:policies()) do ids[i] = p:id() end
  t.eq(table.concat(ids, " "), "app.sec:everything app.sec:no_spawn")
  t.eq(#security.named_scope("app.sec:all"):policies(), 1)
  local empty = security.new_scope()
  t.eq(empty:evaluate(a, "x", "y"), "undefined")
  local one = empty:with(everything)
  t.eq(#empty:policies(), 0)
  t.eq(one:contains("app.sec:everything"), true)
  t.eq(one:evaluate(a, "process.spawn", "app.test:x"), "allow")
  local two = one:with(no_spawn):with(no_spawn)
  t.eq(#two:policies(), 2)
  t.eq(two:evaluate(a, "process.spawn", "app.test:x"), "deny")
  for _, id in ipairs{ "app.sec:no_spawn", no_spawn, { ns = "app.sec", name = "no_spawn" }, { "app.sec", "no_spawn" } } do
    t.eq(two:without(id):contains("app.sec:no_spawn"), false)
  end
  t.eq(#two:without("app.sec:nothing"):policies(), 2)
  t.eq(#security.new_scope{ everything, no_spawn }:policies(), 2)
  local owner = t.ok(security.policy("app.sec:no_owner"))
  t.eq(owner:evaluate(a, "doc.read", "d", { owner = "user:2" }), "deny")
  t.eq(owner:evaluate(a, "doc.read", "d", { owner = "user:1" }), "undefined")
  t.eq(owner:evaluate(a, "doc.read", "d"), "undefined")
  local ok, err = process.send(process.pid(), "t", everything)
  t.eq(ok, nil)
  t.eq(err:kind(), errors.INVALID)
  return true
end }

--@ entry app.test:looks time security
local function errors_of(...)
  local v, err = ...
  return { v == nil, err and err:kind(), err and err:message() }
end
return { main = function(how)
  if how == "can" then
    return { security.can("doc.read", "d", { owner = "user:1" }), security.can("doc.read", "d", { owner = "x" }), security.can("process.spawn", "x") }
  end
  local made = security.scope()
  return { errors_of(security.policy("app.sec:all")), errors_of(security.named_scope("app.sec:all")), errors_of(security.new_scope()),
    errors_of(security.new_actor("a")), errors_of(security.token_store("app:t")), errors_of(made:with(made:policies()[1])), errors_of(made:without("x")) }
end }

--@ test [security] H-197 H-206 the module's own permissions; can() needs an actor and a scope
return { main = function()
  local events = process.events()
  local function looks(how, scope, actor)
    local b = process.with_context({})
    if actor then b = b:with_actor(security.new_actor("user:1")) end
    if scope then b = b:with_scope(security.named_scope("app.sec:" .. scope)) end
    b:spawn_monitored("app.test:looks", "app:processes", how)
    local e = t.take(events)
    t.eq(e.result.error, nil)
    return e.result.value
  end
  local want = { "access policy: app.sec:all", "access policy group: app.sec:all", "create scope: custom", "create actor: a",
    "access token store: app:t", "create scope: with", "create scope: without" }
  local got = looks("module", "no_reading", true)
  for i, text in ipairs(want) do
    t.eq(got[i][1], true)
    t.eq(got[i][2], errors.PERMISSION_DENIED)
    t.eq(got[i][3], "not allowed to " .. text)
  end
  got = looks("can", "no_owner", true)
  t.eq(got[1], true)
  t.eq(got[2], false)
  t.eq(got[3], true)
  for i = 1, 2 do
    got = looks("can", i == 1 and "all", i == 2)
    for k = 1, 3 do t.eq(got[k], false) end
  end
  return true
end }

--@ entry app.test:relays security
return { main = function(depth, to)
  if depth > 0 then process.spawn("app.test:relays", "app:processes", depth - 1, to) return end
  local a, s = security.actor(), security.scope()
  process.send(to, "me", { actor = a and a:id(), scope = s and s:contains("app.sec:everything") })
end }

--@ test [security] H-180 H-181 H-182 H-183 children and grandchildren inherit; what was overridden is the child's only
return { main = function()
  local inbox = process.inbox()
  local all = security.named_scope("app.sec:all")
  local function tells(b, depth)
    t.ok(b:spawn("app.test:relays", "app:processes", depth, process.pid()))
    return t.take(inbox):payload():data()
  end
  for depth = 0, 2 do
    local w = tells(process.with_context({}):with_actor(security.new_actor("user:1")):with_scope(all), depth)
    t.eq(w.actor, "user:1")
    t.eq(w.scope, true)
  end
  local w = tells(process.with_context({}):with_actor(security.new_actor("user:2")), 1)
  t.eq(w.actor, "user:2")
  t.eq(w.scope, nil)
  w = tells(process.with_context({}):with_scope(all), 1)
  t.eq(w.actor, nil)
  t.eq(w.scope, true)
  t.eq(security.actor(), nil)
  t.eq(security.scope(), nil)
  return true
end }

-- What every group allows the actor, by action and resource; the second time after an upgrade.
--@ entry app.test:matrix time security
return { main = function(before)
  local now = {}
  for _, action in ipairs{ "process.spawn", "process.spawn.linked", "process.send", "process.host", "security.policy.get", "doc.read" } do
    for _, resource in ipairs{ "app.test:x", "app:processes", "other", "{app:processes|0x00001}" } do
      now[#now + 1] = action .. " " .. resource .. " " .. tostring(security.can(action, resource, { owner = "user:2" }))
    end
  end
  local ok, err = process.spawn("app.test:nobody", "app:processes")
  now[#now + 1] = err:kind()
  local text = security.actor():id() .. "\n" .. table.concat(now, "\n")
  if not before then process.upgrade(nil, text) end
  return { before, text }
end }

--@ test [security] H-180 C-233 actor, action and resource: the same decisions before and after an upgrade
return { main = function()
  local events = process.events()
  local seen = {}
  for _, group in ipairs{ "all", "no_spawn", "no_host", "no_linked", "no_reading", "no_owner", "by_attributes" } do
    for _, actor in ipairs{ "user:1", "user:2" } do
      process.with_context({}):with_actor(security.new_actor(actor)):with_scope(security.named_scope("app.sec:" .. group))
        :spawn_monitored("app.test:matrix", "app:processes")
      local e = t.take(events)
      t.eq(e.result.error, nil)
      local v = e.result.value
      t.eq(v[1], v[2], group)
      seen[v[2]] = true
    end
  end
  local n = 0
  for _ in pairs(seen) do n = n + 1 end
  t.eq(n, 13, "all differ but no_owner from all, for the owner")
  return true
end }
