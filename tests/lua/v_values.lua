--@ entry app.test:announces
return { main = function() process.registry.register("born") process.inbox():receive() end }

--@ test C-310 types and shapes
return { main = function()
  local ch = process.listen("x")
  local function pass(v) process.send(process.pid(), "x", v) return (t.take(ch)) end
  local v = pass{ 1, 2.0, "s", true, { x = { y = 1 } }, k = "v", [10] = "ten", [2.5] = "half", [true] = "yes", [-1] = 0 }
  t.eq(math.type(v[1]), "integer")
  t.eq(math.type(v[2]), "float")
  t.eq(v[5].x.y, 1)
  t.eq(v.k, "v")
  t.eq(v[10], "ten")
  t.eq(v[2.5], "half")
  t.eq(v[true], "yes")
  t.eq(v[-1], 0)
  t.eq(#v, 5)
  for _, n in ipairs{ 0, 1, -1, 127, 128, math.maxinteger, math.mininteger, 0.1, -0.0, 1e308, math.huge } do
    local got = pass(n)
    t.eq(got, n)
    t.eq(math.type(got), math.type(n))
  end
  local nan = pass(0 / 0)
  t.ok(nan ~= nan)
  t.eq(next(pass{}), nil)
  local long = {}
  for i = 1, 1000 do long[i] = i end
  local got = pass(long)
  t.eq(#got, 1000)
  t.eq(got[1000], 1000)
  local map = {}
  for i = 1, 1000 do map["k" .. i] = i end
  got = pass(map)
  local n = 0
  for k, w in pairs(got) do t.eq(w, map[k]) n = n + 1 end
  t.eq(n, 1000)
  return true
end }

--@ test C-311 C-312 sharing, cycles, metatables
return { main = function()
  local ch = process.listen("x")
  local shared = { "s" }
  local v = setmetatable({ a = shared, b = shared }, { __index = function() return 1 end, __len = function() return 99 end })
  v.self = v
  v[shared] = "key"
  process.send(process.pid(), "x", v)
  local got = t.take(ch)
  t.ok(got.self == got and got.a == got.b and got.a[1] == "s")
  t.eq(got[got.a], "key")
  t.eq(getmetatable(got), nil)
  local many = {}
  for i = 1, 100 do many[i] = { i, many } end
  many.again = many[50]
  process.send(process.pid(), "x", many)
  got = t.take(ch)
  t.ok(got.again == got[50] and got[77][2] == got)
  return true
end }

--@ test C-313 C-314 what cannot travel
return { main = function()
  local ch, me = process.listen("x"), process.pid()
  local things = { ["function"] = print, coroutine = coroutine.create(print), channel = channel.new() }
  for name, thing in pairs(things) do
    t.has(t.fails(errors.INVALID, process.send(me, "x", thing)), "cannot send a " .. name)
    t.has(t.fails(errors.INVALID, process.send(me, "x", { deep = { thing } })), name)
    t.fails(errors.INVALID, process.send(me, "x", { [thing] = 1 }))
    t.fails(errors.INVALID, process.send(me, "x", 1, thing))
    t.fails(errors.INVALID, process.spawn("app.test:announces", "app:processes", thing))
    t.fails(errors.INVALID, process.spawn("app.test:announces", "app:processes", 1, { deep = { thing } }))
  end
  process.send(me, "y")
  t.fails(errors.INVALID, process.send(me, "x", process.inbox():receive()))
  t.silent(ch, "30ms")
  t.fails(errors.NOT_FOUND, process.registry.lookup("born"))
  return true
end }

--@ test C-315 deep nesting
return { main = function()
  local ch = process.listen("x")
  for _, depth in ipairs{ 5000, 20000, 150000 } do
    local v = {}
    for _ = 1, depth do v = { v } end
    t.eq(process.send(process.pid(), "x", v), true)
    local got, n = t.take(ch), 0
    while got[1] do got = got[1] n = n + 1 end
    t.eq(n, depth)
  end
  local v = {}
  for _ = 1, 300000 do v = { v } end
  t.has(t.fails(errors.INVALID, process.send(process.pid(), "x", v)), "deep")
  return true
end }

--@ test C-316 a large string
return { main = function()
  local ch = process.listen("x")
  local big = string.rep("0123456789abcdef", 65536)
  process.send(process.pid(), "x", big)
  t.ok(t.take(ch) == big)
  t.fails(errors.INVALID, process.send(process.pid(), "x", string.rep("x", 65 * 1024 * 1024)))
  return true
end }

--@ test times and durations
return { main = function()
  local ch = process.listen("x")
  local now = time.now()
  process.send(process.pid(), "x", { now, time.seconds(5) })
  local v = t.take(ch)
  t.ok(v[1]:equal(now))
  t.eq(v[2]:seconds(), 5.0)
  return true
end }
