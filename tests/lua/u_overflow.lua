-- field.md §7b: recursion and matching without bound. Fatal, with a clear error, in every way of catching; what only looks
-- like it stays an ordinary error.

--@ entry app.test:recursion
local parent
local function caught(where) process.send(parent, "caught", where) end

local attacks = {
  plain = function() local function f() return 1 + f() end f() end,
  many_slots = function() local function f(...) return 1 + select("#", f(1, 2, 3, 4, 5, 6, 7, 8, ...)) end f() end,
  mutual = function() local g local function f() g() return 1 end g = function() f() return 2 end f() end,
  with_library = function() local function f(s) return f(s:sub(1, 3) .. "x") .. "y" end f("abc") end,
  through_pcall = function() local function f() pcall(f) return 1 end f() end,
  through_pcall_deep = function() local function f(n) if n % 200 == 0 then return pcall(f, n + 1) end return 1 + f(n + 1) end f(1) end,
  through_index = function() local o = setmetatable({}, {}) getmetatable(o).__index = function(t, k) return t[k .. "x"] end return o.a end,
  through_index_values = function() local o = setmetatable({}, {}) getmetatable(o).__index = function(t, k) local v = t[k + 1] return v end return o[1] end,
  through_tostring = function() local o = setmetatable({}, {}) getmetatable(o).__tostring = function(v) return tostring(v) end return tostring(o) end,
  through_call = function() local o = setmetatable({}, {}) getmetatable(o).__call = function(v) return 1 + v() end return o() end,
  through_add = function() local o = setmetatable({}, {}) getmetatable(o).__add = function(a, b) local v = a + b return v end return o + o end,
  through_eq = function() local m = {} m.__eq = function(a, b) local v = a == b return v end return setmetatable({}, m) == setmetatable({}, m) end,
  through_concat = function() local o = setmetatable({}, {}) getmetatable(o).__concat = function(a, b) local v = a .. b return v end return o .. "x" end,
  through_iterator = function() local function f() for _ in f do end end f() end,
  through_pairs = function() local o = setmetatable({}, {}) getmetatable(o).__pairs = function(v) local a = pairs(v) return a end return pairs(o) end,
  through_gsub = function() local function f(s) local r = s:gsub(".", f) return r end f("a") end,
  through_sort = function() local function f() table.sort({ 2, 1 }, f) return false end f() end,
  through_wrap = function() local function f() local v = coroutine.wrap(f)() return v end f() end,
  through_resume = function() local function f() coroutine.resume(coroutine.create(f)) return 1 end f() end,
  through_close = function()
    local function f()
      local x <close> = setmetatable({}, { __close = function() f() end })
    end
    f()
  end,
  in_handler = function() xpcall(error, function() local function f() return 1 + f() end return f() end) end,
}

local ways = t.ways(caught)
return { main = function(pid, attack, way)
  parent = pid
  ways[way](attacks[attack])
  caught("it returned")
end }

--@ entry app.test:neighbour
return { main = function()
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    process.send(m:from(), "pong", m:payload():data())
  end
end }

--@ test field-7b recursion without bound kills one process, in every way of catching
return { main = function()
  local caught, pong = process.listen("caught"), process.listen("pong")
  local neighbour = process.spawn("app.test:neighbour", "app:processes")
  local n = 0
  local function check(attack, way)
    local events = process.events()
    local pid = t.ok(process.spawn_monitored("app.test:recursion", "app:processes", process.pid(), attack, way))
    n = n + 1
    process.send(neighbour, "ping", n)
    t.eq(t.take(pong), n, "neighbour's answer")
    local e = t.take(events, "30s")
    t.eq(e.from, pid)
    t.ok(e.error, attack .. " by " .. way .. " ended without error")
    t.ok(tostring(e.error):find("stack overflow$"), attack .. " by " .. way .. ": " .. tostring(e.error))
    t.eq(e.error:kind(), errors.INTERNAL)
  end
  local ways = { "plain", "pcall", "xpcall", "wrap", "resume", "nested", "close_variable", "closing", "replacement",
    "metamethod", "task" }
  for _, attack in ipairs{ "through_index", "through_resume" } do
    for _, way in ipairs(ways) do check(attack, way) end
  end
  for _, way in ipairs{ "xpcall", "closing", "task" } do check("plain", way) end
  for _, attack in ipairs{ "mutual", "with_library", "in_handler" } do check(attack, "pcall") end
  for _, attack in ipairs{ "many_slots", "through_pcall", "through_pcall_deep", "through_index_values", "through_tostring",
    "through_add", "through_eq", "through_concat", "through_iterator", "through_pairs", "through_gsub", "through_sort",
    "through_wrap", "through_close" } do
    check(attack, "pcall")
    check(attack, "resume")
  end
  check("through_call", "nested")
  t.silent(caught, "20ms")
  return true
end }

--@ entry app.test:deep
return { main = function()
  local function f(n)
    return 1 + f(n + 1)
  end
  f(1)
end }

--@ test field-7b the error of an overflow says where
return { main = function()
  local e = t.run("app.test:deep")
  t.ok(tostring(e.error):find("app.test:deep:%d+: stack overflow$"), tostring(e.error))
  return true
end }

--@ test field-7b deep but bounded, and errors that only say so, stay ordinary
return { main = function()
  local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
  t.eq(deep(150000), 150000)
  local function tail(n) if n == 0 then return "done" end return tail(n - 1) end
  t.eq(tail(1000000), "done")
  for _, text in ipairs{ "stack overflow", "C stack overflow", "x:1: stack overflow", "x:1: C stack overflow" } do
    local ok, e = pcall(error, text, 0)
    t.eq(ok, false)
    t.eq(e, text)
    t.eq(select(2, coroutine.resume(coroutine.create(function() error(text, 0) end))), text)
    t.eq(select(2, xpcall(error, function(m) return m end, text, 0)), text)
    t.has(select(2, pcall(coroutine.wrap(function() error(text) end))), text)
    local function nested(n) if n == 0 then error(text, 0) end local ok, e = pcall(nested, n - 1) error(e, 0) end
    t.eq(select(2, pcall(nested, 150)), text)
    local co = coroutine.create(function() error(text, 0) end)
    coroutine.resume(co)
    t.eq(select(2, coroutine.close(co)), text)
  end
  local ok, e = pcall(table.unpack, {}, 1, 10000000)
  t.eq(ok, false)
  t.has(e, "too many results")
  ok, e = pcall(string.byte, ("x"):rep(2000000), 1, -1)
  t.eq(ok, false)
  t.has(e, "string slice too long")
  ok, e = pcall(function() return string.char(table.unpack(setmetatable({}, { __index = function() return 65 end }), 1, 100000)) end)
  t.eq(#e, 100000)
  t.eq(select("#", table.unpack({}, 1, 200000)), 200000)
  local o = setmetatable({}, {})
  getmetatable(o).__index = o
  ok, e = pcall(function() return o.x end)
  t.eq(ok, false)
  t.has(e, "loop")
  local chain = {}
  for i = 1, 1900 do chain = setmetatable({}, { __index = chain }) end
  t.eq(pcall(function() return chain.x end), true)
  ok = xpcall(error, function(m) error("in the handler") end, "x")
  t.eq(ok, false, "a handler that fails is no recursion of the script")
  t.eq(select(2, pcall(function() local v <close> = setmetatable({}, { __close = function() error("closed", 0) end }) error("x") end)), "closed")
  return true
end }

--@ entry app.test:matcher
local parent
local function caught(where) process.send(parent, "caught", where) end
local a = ("a"):rep(30000)
local attacks = {
  field = function() return ("a"):rep(3000):find(("a-"):rep(4) .. "b") end,
  lazy = function() return a:find(".-.-.-.-b") end,
  captures = function() return ("ab"):rep(100000):find("(.*)(.*)%1%2c") end,
  gmatch = function() for w in ("x"):rep(100000):gmatch("x*x*x*x*y") do end end,
  gsub = function() return ("a"):rep(300000):gsub("a-b", "") end,
}
local ways = t.ways(caught)
return { main = function(pid, attack, way)
  parent = pid
  ways[way](attacks[attack])
  caught("it returned")
end }

--@ test field-7b tsan=no patterns that take too long kill one process, in every way of catching
return { main = function()
  local caught, pong = process.listen("caught"), process.listen("pong")
  local neighbour = process.spawn("app.test:neighbour", "app:processes")
  local pids, n = {}, 0
  local events = process.events()
  local function start(attack, way)
    pids[t.ok(process.spawn_monitored("app.test:matcher", "app:processes", process.pid(), attack, way))] = attack .. " by " .. way
    n = n + 1
  end
  for _, way in ipairs{ "pcall", "resume", "closing" } do start("field", way) end
  for _, attack in ipairs{ "lazy", "captures", "gmatch", "gsub" } do start(attack, "xpcall") end
  while n > 0 do
    process.send(neighbour, "ping", n)
    t.eq(t.take(pong), n, "neighbour's answer")
    local e = t.take(events, "60s")
    local what = t.ok(pids[e.from])
    t.ok(e.error, what .. " ended without error")
    t.ok(tostring(e.error):find("^app.test:matcher:%d+: pattern matching takes too long$"), what .. ": " .. tostring(e.error))
    n = n - 1
  end
  t.silent(caught, "20ms")
  return true
end }

--@ test field-7b long subjects and square patterns of usual size are no blow-ups
return { main = function()
  t.eq(#(("x"):rep(2000000):gsub("x", "y")), 2000000)
  t.eq(select(2, ("hello world "):rep(100000):gsub("(%w+)", "<%1>")), 200000)
  t.eq(("a"):rep(20000):find(".-b"), nil)
  t.eq(("x "):rep(500000):match("^(.-)%s*$") ~= nil, true)
  local n = 0
  for k, v in ("key=value;"):rep(50000):gmatch("(%w+)=(%w+)") do n = n + 1 end
  t.eq(n, 50000)
  return true
end }

--@ test C-315 deep tables are transferred or refused, never a crash
return { main = function()
  local ch = process.listen("deep")
  for _, depth in ipairs{ 100, 5000, 10000, 100000 } do
    local value = {}
    for i = 1, depth do value = { value } end
    local ok, err = process.send(process.pid(), "deep", value)
    if ok then
      local got, n = t.take(ch), 0
      while got[1] do got = got[1] n = n + 1 end
      t.eq(n, depth)
    else
      t.ok(depth > 10000 or depth == 10000, "depth " .. depth .. " refused: " .. tostring(err))
      t.fails(errors.INVALID, ok, err)
    end
    local long = {}
    for i = 1, depth do long = { key = long, "x" } end
    ok, err = process.send(process.pid(), "deep", long)
    if ok then t.take(ch) else t.fails(errors.INVALID, ok, err) end
  end
  return true
end }

--@ entry app.test:hashes memory=67108864
return { main = function()
  -- Keys that collide without a seed of the hash: Lua's is random per state, so inserting stays linear.
  local t = {}
  for i = 1, 50000 do t[("\0"):rep(i % 40) .. i] = i end
  for i = 1, 50000 do t[i * 2^40] = i t[i + 0.5] = i end
  local long = ("x"):rep(10000000)
  t[long] = 1
  return t[long]
end }

--@ test field-7b hash flooding and long keys
return { main = function()
  t.eq(t.run("app.test:hashes").value, 1)
  return true
end }

--@ test field-7b long arguments of short functions
return { main = function()
  local long = ("9"):rep(1000000)
  t.eq(tonumber(long), math.huge)
  t.eq(math.type(tonumber(long, 10)), "integer")
  t.eq(tonumber(long .. "x"), nil)
  t.eq(utf8.len(("ä"):rep(1000000)), 1000000)
  t.eq(utf8.offset(("ä"):rep(1000000), 999999), 1999997)
  t.eq(utf8.len(("\x80"):rep(1000000)), nil)
  t.eq(select("#", utf8.codepoint(("x"):rep(100000), 1, -1)), 100000)
  t.eq(pcall(string.format, "%99999d", 1), false)
  t.eq(pcall(string.format, "%.99999f", 1), false)
  t.eq(string.packsize(("x"):rep(1000000)), 1000000)
  t.eq(select("#", string.unpack(("b"):rep(10000), ("x"):rep(10000))), 10001)
  t.eq(#string.pack((" x"):rep(1000000)), 1000000)
  t.eq(#("x"):rep(10000000):upper():lower():reverse(), 10000000)
  local sorted = {}
  for i = 1, 1000 do sorted[i] = i end
  table.sort(sorted, function() return true end)
  t.eq(#sorted, 1000)
  return true
end }

--@ entry app.test:long_calls
local function forever(f, ...) while true do f(...) end end
return { main = function(what)
  local s = ("x"):rep(40000000)
  if what == "upper" then forever(string.upper, s) end
  if what == "lower" then forever(string.lower, s) end
  if what == "reverse" then forever(string.reverse, s) end
  if what == "len" then forever(utf8.len, s) end
  if what == "offset" then forever(utf8.offset, s, 39999999) end
  if what == "offset back" then forever(utf8.offset, s, -39999999) end
  if what == "pack" then forever(string.pack, s) end
  if what == "packsize" then forever(string.packsize, (" "):rep(40000000)) end
  if what == "unpack" then forever(string.unpack, s, s) end
end }

--@ test field-7b long library calls are left at the end of a slice
return { main = function()
  local events = process.events()
  for _, what in ipairs{ "upper", "lower", "reverse", "len", "offset", "offset back", "pack", "packsize", "unpack" } do
    local pid = t.ok(process.spawn_monitored("app.test:long_calls", "app:processes", what))
    time.sleep("60ms")
    process.terminate(pid)
    local e = t.take(events, "5s")
    t.eq(e.from, pid)
    t.has(e.error, "terminated", what)
  end
  return true
end }
