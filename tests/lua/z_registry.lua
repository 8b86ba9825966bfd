--@ test [registry] H-027 H-028 parse_id
return { main = function()
  for text, want in pairs{ ["ns:name:with:colons"] = { "ns", "name:with:colons" }, justname = { "", "justname" }, [""] = { "", "" } } do
    local id = registry.parse_id(text)
    t.eq(id.ns, want[1])
    t.eq(id.name, want[2])
  end
  t.fails("Invalid", registry.parse_id({}))
  return true
end }

--@ test [registry] H-290 H-292 changes are applied as a whole, version after version
return { main = function()
  local function entry(name, v) return { id = "app:" .. name, kind = "registry.entry", meta = { v = v, type = "x" }, data = { list = { 1, "a" } } } end
  local v0 = registry.current_version()
  t.eq(tostring(v0), "v0")
  t.eq(v0:previous(), nil)
  t.fails("Invalid", registry.snapshot():changes():apply())
  local c = registry.snapshot():changes()
  local e = entry("a", 1)
  t.eq(c:create(e), c)
  e.meta.v = 9 -- a copy was taken
  t.eq(#c:ops(), 1)
  t.eq(c:ops()[1].op, "create")
  local v1 = t.ok(c:apply())
  t.eq(v1:id(), 1)
  t.eq(v1:previous():id(), 0)
  t.eq(registry.get("app:a").meta.v, 1)
  t.eq(registry.get("app:a").data.list[2], "a")
  t.fails("AlreadyExists", c:apply())
  local v2 = t.ok(registry.snapshot():changes():update(entry("a", 2)):create(entry("b", 3)):apply())
  t.eq(#registry.find{ ["meta.type"] = "x" }, 2)
  t.eq(#registry.snapshot():namespace("app"), 2)
  t.eq(registry.apply_version(v1):id(), 1)
  t.eq(registry.get("app:a").meta.v, 1)
  t.fails("NotFound", registry.get("app:b"))
  t.eq(v1:next():id(), v2:id())
  t.ok(registry.apply_version(0))
  t.eq(#registry.find{}, 0)
  t.eq(#registry.versions(), 3)
  t.fails("NotFound", registry.apply_version(7))
  t.fails("Invalid", registry.apply_version("x"))
  return true
end }

--@ test [registry] H-291 what an entry cannot hold
return { main = function()
  local function refused(data, what)
    local c = registry.snapshot():changes():create{ id = "app:a", kind = "registry.entry", data = data }
    t.has(t.fails("Invalid", c:apply()), what)
  end
  local twice = {}
  refused({ twice, twice }, "twice")
  refused({ 1, x = 2 }, "text keys")
  refused({ x = twice, y = twice }, "twice")
  refused({ [5] = 1 }, "text keys")
  refused({ x = time.now() }, "cannot hold")
  t.has(t.fails("Invalid", registry.snapshot():changes():create{ id = "a", kind = "registry.entry" }:apply()), "namespace")
  t.has(t.fails("Invalid", registry.snapshot():changes():create{ kind = "registry.entry" }:apply()), "id")
  t.has(t.fails("Invalid", registry.snapshot():changes():create{ id = "app:a" }:apply()), "kind")
  t.fails("Invalid", registry.snapshot():changes():create(5))
  return true
end }

--@ test [registry] H-296 bad criteria
return { main = function()
  t.has(t.fails("Invalid", registry.find{ ["~meta.a"] = "(" }), "~meta.a")
  t.has(t.fails("Invalid", registry.find{ ["^meta.a"] = 5 }), "^meta.a")
  t.fails("Invalid", registry.find(5))
  t.fails("Invalid", registry.get(""))
  return true
end }
