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
  for _, bad in ipairs{ { "" }, {}, { {} }, { "x", 5 }, { "x", { f = print } } } do
    local v, err = security.new_actor(table.unpack(bad, 1, 2))
    t.eq(v, nil)
    t.eq(err:kind(), errors.INVALID)
  end
  local s = security.new_scope()
  t.eq(#s:policies(), 0)
  t.eq(s:contains("app:p"), false)
  t.eq(s:evaluate(a, "process.spawn", "app:x"), "undefined")
  t.ok(s:without("app:p"))
  t.ok(not pcall(s.with, s, "app:p"))
  t.ok(not pcall(s.evaluate, s, "user:1", "a", "r"))
  for _, f in ipairs{ security.policy, security.named_scope } do
    local v, err = f("app:none")
    t.eq(v, nil)
    t.eq(err:kind(), errors.NOT_FOUND)
  end
  local ok, err = process.send(process.pid(), "t", a)
  t.eq(ok, nil)
  t.eq(err:kind(), errors.INVALID)
  return true
end }
