-- field.md §7b, "memory exhaustion": a process that takes memory without bound dies alone, cannot catch it, and its
-- neighbours go on answering. Also §7b "finalisers and <close>".

--@ entry app.test:neighbour
return { main = function()
  local inbox = process.inbox()
  while true do
    local m = inbox:receive()
    process.send(m:from(), "pong", m:payload():data())
  end
end }

--@ entry app.test:blowup memory=4194304
local parent
local function caught(where) process.send(parent, "caught", where) end

local attacks = {
  rep = function() return ("x"):rep(1000000000) end,
  rep_separator = function() return ("abc"):rep(300000000, ",") end,
  concat = function() local s = "x" while true do s = s .. s end end,
  concat_loop = function() local t = {} local s = ("x"):rep(1000) for i = 1, 1e6 do t[i] = s end return table.concat(t) end,
  array = function() local t = {} for i = 1, 1e9 do t[i] = i end end,
  map = function() local t = {} for i = 1, 1e9 do t["k" .. i] = i end end,
  create = function() return table.create(1 << 28) end,
  nested = function() local t = {} while true do t = { t } end end,
  closures = function() local f while true do local g = f f = function() return g end end end,
  coroutines = function() local t = {} while true do t[#t + 1] = coroutine.create(function() end) end end,
  started = function()
    local t = {}
    while true do
      local co = coroutine.wrap(function() coroutine.yield() end)
      co()
      t[#t + 1] = co
    end
  end,
  tasks = function() while true do coroutine.spawn(function() channel.new():receive() end) end end,
  channels = function() local t = {} while true do t[#t + 1] = channel.new(10) end end,
  buffered = function() local ch = channel.new(1000000) for i = 1, 1000000 do ch:send({ i }) end end,
  cases = function() local t, ch = {}, channel.new() while true do t[#t + 1] = ch:case_send(1) end end,
  errors = function() local t = {} while true do t[#t + 1] = errors.new("x" .. #t) end end,
  payloads = function() local t = {} while true do t[#t + 1] = payload.new("x") end end,
  topics = function() for i = 1, 1e9 do process.listen("topic" .. i) end end,
  timers = function() local time = require("time") local t = {} while true do t[#t + 1] = time.after("1h") end end,
  gsub = function() return (("a"):rep(100000):gsub("a", ("b"):rep(10000))) end,
  gsub_function = function() return (("a"):rep(1000):gsub("", function() return ("b"):rep(100000) end)) end,
  format = function() return string.format(("%99d"):rep(200), table.unpack({}, 1, 0)) .. ("%99d"):rep(1e9) end,
  format_many = function()
    return string.format(("%99d"):rep(100000), table.unpack(setmetatable({}, { __index = function() return 1 end }), 1, 100000))
  end,
  pack = function() return string.pack("c2000000000", "") end,
  pack_many = function() return string.pack(("c1000000"):rep(1000), table.unpack(setmetatable({}, { __index = function() return "" end }), 1, 1000)) end,
  upper = function() local t = { ("x"):rep(1000000) } while true do t[#t + 1] = t[#t]:upper() .. #t end end,
  text_of = function() return tostring(setmetatable({}, { __tostring = function() return ("x"):rep(1e9) end })) end,
  tables_of_captures = function() local t = {} for a in ("x"):rep(1000000):gmatch("()") do t[#t + 1] = { a } end end,
  sort = function() table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function(_, i) return i end })) end,
  move = function() return table.move(setmetatable({}, { __index = function() return 1 end }), 1, 1 << 40, 1, {}) end,
  pack_arguments = function() local t = {} while true do t[#t + 1] = table.pack(table.unpack({}, 1, 10000)) end end,
  globals = function() for i = 1, 1e9 do _G["g" .. i] = i end end,
}

local ways = t.ways(caught)
return { main = function(pid, attack, way)
  parent = pid
  local f = assert(attacks[attack])
  ways[way](f)
  caught("it returned")
end, names = function()
  local a, w = {}, {}
  for name in pairs(attacks) do a[#a + 1] = name end
  for name in pairs(ways) do w[#w + 1] = name end
  table.sort(a)
  table.sort(w)
  return { a, w }
end }

--@ test field-7b memory without bound kills one process, in every way of catching
return { main = function()
  local caught, pong = process.listen("caught"), process.listen("pong")
  local neighbour = process.spawn("app.test:neighbour", "app:processes")
  local attacks = { "rep", "array", "concat", "gsub_function", "coroutines" }
  local ways = { "plain", "pcall", "xpcall", "wrap", "resume", "nested", "close_variable", "closing", "replacement",
    "comparator", "metamethod", "task" }
  for i, attack in ipairs(attacks) do
    for j, way in ipairs(ways) do
      local events = process.events()
      local pid = t.ok(process.spawn_monitored("app.test:blowup", "app:processes", process.pid(), attack, way))
      process.send(neighbour, "ping", i * 100 + j)
      t.eq(t.take(pong), i * 100 + j, "neighbour's answer")
      local e = t.take(events, "20s")
      t.eq(e.from, pid)
      t.eq(tostring(e.error), "memory limit exceeded", attack .. " by " .. way)
      t.eq(e.error:kind(), errors.INTERNAL)
    end
  end
  t.silent(caught, "20ms")
  return true
end }

--@ test field-7b every path of memory ends at the limit
return { main = function()
  local caught, pong = process.listen("caught"), process.listen("pong")
  local neighbour = process.spawn("app.test:neighbour", "app:processes")
  local attacks = { "rep_separator", "concat_loop", "map", "create", "nested", "closures", "started", "tasks", "channels",
    "buffered", "cases", "errors", "payloads", "topics", "timers", "gsub", "format_many", "pack", "pack_many",
    "upper", "text_of", "tables_of_captures", "sort", "move", "pack_arguments", "globals" }
  for i, attack in ipairs(attacks) do
    local events = process.events()
    local pid = t.ok(process.spawn_monitored("app.test:blowup", "app:processes", process.pid(), attack, "pcall"))
    process.send(neighbour, "ping", i)
    t.eq(t.take(pong), i, "neighbour's answer")
    local e = t.take(events, "30s")
    t.eq(e.from, pid)
    t.eq(tostring(e.error), "memory limit exceeded", attack)
  end
  t.silent(caught, "20ms")
  return true
end }

--@ entry app.test:receiver memory=1048576
return { main = function(parent)
  while true do
    pcall(function() process.inbox():receive():payload():data() end)
    process.send(parent, "caught", "received")
  end
end }

--@ entry app.test:listener memory=1048576
return { main = function(parent)
  local ch = process.listen("big")
  process.send(parent, "ready")
  while true do
    pcall(ch.receive, ch)
    process.send(parent, "caught", "listened")
  end
end }

--@ entry app.test:small memory=1048576
return { main = function(v) return type(v) end }

--@ test field-7b a message too large for its receiver, as mail and as spawn arguments
return { main = function()
  local caught, ready, events = process.listen("caught"), process.listen("ready"), process.events()
  local big = ("x"):rep(4000000)
  local many = {}
  for i = 1, 200000 do many[i] = "item" .. i end
  for _, value in ipairs{ big, many } do
    local pid = t.ok(process.spawn_monitored("app.test:receiver", "app:processes", process.pid()))
    process.send(pid, "m", value)
    local e = t.take(events)
    t.eq(e.from, pid)
    t.eq(tostring(e.error), "memory limit exceeded")
    pid = t.ok(process.spawn_monitored("app.test:listener", "app:processes", process.pid()))
    t.take(ready)
    process.send(pid, "big", value)
    e = t.take(events)
    t.eq(e.from, pid)
    t.eq(tostring(e.error), "memory limit exceeded")
    local child, err = process.spawn("app.test:small", "app:processes", value)
    t.eq(child, nil)
    t.has(err, "memory limit exceeded")
    local result, problem = process.exec("app.test:small", "app:processes", value)
    t.eq(result, nil)
    t.has(problem, "memory limit exceeded")
  end
  t.silent(caught, "20ms")
  t.eq(process.exec("app.test:small", "app:processes", { 1 }), "table")
  return true
end }

--@ test field-7b no finalizers, so that nothing of a script runs at the end or after it
return { main = function()
  local ok, e = pcall(setmetatable, {}, { __gc = function() end })
  t.eq(ok, false)
  t.has(e, "__gc")
  local ran = 0
  local meta = {}
  for i = 1, 100 do setmetatable({}, meta) end
  meta.__gc = function() ran = ran + 1 end
  local kept = setmetatable({}, { __index = meta })
  meta.__gc = nil
  rawset(meta, "__gc", function() ran = ran + 1 end)
  t.eq(pcall(setmetatable, {}, meta), false)
  for i = 1, 5 do collectgarbage("collect") end
  t.eq(ran, 0)
  t.eq(collectgarbage("stop"), 0)
  t.eq(collectgarbage("setpause", 1), 0)
  local before = collectgarbage("count")
  for i = 1, 200000 do local x = { i } end
  t.ok(collectgarbage("count") < before + 4000, "garbage after an attempt to stop the collector")
  return true
end }

--@ entry app.test:killed
return { main = function(parent)
  local x <close> = setmetatable({}, { __close = function() process.send(parent, "after", "close") end })
  local co = coroutine.wrap(function()
    local y <close> = setmetatable({}, { __close = function() process.send(parent, "after", "inner close") end })
    process.send(parent, "ready")
    pcall(function() while true do end end)
    process.send(parent, "after", "pcall")
  end)
  pcall(co)
  goto again
  ::again::
  process.send(parent, "after", "wrap")
  goto again
end }

--@ test C-055 a kill runs no <close> and nothing after it
return { main = function()
  local after, ready, events = process.listen("after"), process.listen("ready"), process.events()
  local pid = process.spawn_monitored("app.test:killed", "app:processes", process.pid())
  t.take(ready)
  process.terminate(pid)
  t.eq(t.take(events).from, pid)
  t.silent(after, "50ms")
  return true
end }
