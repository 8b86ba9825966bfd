-- C-300 … C-307: what a process can reach, and that processes do not share any of it. The lists of everything reachable are in
-- golden/, compared by tests/unit/lua_process/isolation_test.cpp.

--@ test C-300 what is absent is nil, and there is no bytecode
return { main = function()
  for _, name in ipairs{ "load", "loadstring", "loadfile", "dofile", "debug", "io", "module", "setfenv", "getfenv", "newproxy", "warn" } do
    t.eq(rawget(_G, name), nil, name)
    t.eq(_G[name], nil, name)
    t.eq(pcall(require, name), false, name)
  end
  for _, name in ipairs{ "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" } do t.eq(os[name], nil, "os." .. name) end
  for _, name in ipairs{ "loadlib", "path", "cpath", "loaded", "preload", "searchers", "loaders", "searchpath", "config" } do
    t.eq(package[name], nil, "package." .. name)
  end
  t.eq(string.dump, nil)
  t.eq(("").dump, nil)
  t.eq(os.platform, "wippy")
  return true
end }

--@ test C-300 nothing of the host in texts
return { main = function()
  local function plain(text)
    for hex in text:gmatch("0x(%x+)") do t.ok(tonumber(hex, 16) < 1 << 24, text) end
    for _, part in ipairs{ "/work", "/usr", "/home", "/tmp", ".cpp", ".hpp" } do t.ok(not text:find(part, 1, true), text) end
    return text
  end
  for _, v in ipairs{ {}, print, function() end, coroutine.create(print), channel.new(), channel.new():case_receive(),
    process.inbox(), errors.new("x"), payload.new("x"), string, process, _G } do
    plain(tostring(v))
    t.eq(tostring(v), tostring(v), "the text of an object stays the same")
  end
  t.ok(tostring({}) ~= tostring({}))
  t.eq(pcall(string.format, "%p", {}), false)
  plain(select(2, pcall(string.rep)))
  plain(select(2, pcall(function() local x return x.y end)))
  local _, trace = xpcall(function() error("x") end, function(m) return tostring(errors.call_stack and errors.call_stack() or m) end)
  plain(trace)
  local e = t.run("app.test:fails")
  plain(tostring(e.error:stack()))
  t.has(e.error:stack(), "app.test:fails")
  return true
end }

--@ entry app.test:fails
return { main = function() error({}) end }

--@ test C-301 io is nil unless the io module is listed
return { main = function()
  t.eq(io, nil)
  local ok, e = pcall(require, "io")
  t.eq(ok, false)
  t.has(e, "module 'io' not found")
  return true
end }

--@ entry app.test:counter
local state = { n = 0, name = "fresh" }
string_of_library = "leaked"
return {
  next = function() state.n = state.n + 1 return state.n end,
  state = state,
  inner = function() return state end,
}

--@ entry app.test:user_of_counter import=counter=app.test:counter time
local counter = require("counter")
return { main = function(n)
  t.ok(counter == _G.counter and counter == require("counter"), "the same table by both names")
  for i = 1, n do counter.next() end
  counter.state.name = "changed by " .. n
  counter.added = n
  return { counter.next(), counter.state.name, counter.added, counter.inner() == counter.state }
end }

--@ test C-304 two processes do not share the state of a library
return { main = function()
  local events, of = process.events(), {}
  for n = 1, 5 do of[t.ok(process.spawn_monitored("app.test:user_of_counter", "app:processes", n))] = n end
  for i = 1, 5 do
    local e = t.take(events)
    local n = t.ok(of[e.from])
    t.ok(e.value, tostring(e.error))
    t.eq(e.value[1], n + 1)
    t.eq(e.value[2], "changed by " .. n)
    t.eq(e.value[3], n)
    t.eq(e.value[4], true)
  end
  return true
end }

--@ entry app.test:writer
return { main = function()
  local refused = 0
  local function try(f) if not pcall(f) then refused = refused + 1 end end
  for name, library in pairs{ string = string, table = table, math = math, coroutine = coroutine, channel = channel, process = process,
    os = os, errors = errors, payload = payload, utf8 = utf8, package = package } do
    try(function() library.added = 1 end)
    for k in pairs(library) do
      try(function() library[k] = print end)
      try(function() library[k] = nil end)
      break
    end
    try(function() setmetatable(library, { __index = function() return 1 end }) end)
    try(function() rawset(library, "raw", 1) end)
    t.eq(getmetatable(library), false, name)
    t.eq(library.added, nil, name)
  end
  try(function() string.rep = nil end)
  try(function() process.event.EXIT = "x" end)
  try(function() process.registry.register = print end)
  try(function() getmetatable("").__index = {} end)
  t.eq(getmetatable(""), false)
  t.eq(pcall(setmetatable, "", {}), false)
  t.eq(("x"):rep(2), "xx")
  t.eq(process.event.EXIT, "pid.exit")
  string, table, print = nil, nil, nil  -- globals are the process's own
  return refused
end }

--@ entry app.test:innocent
return { main = function()
  t.eq(("x"):rep(2), "xx")
  t.eq(string.rep("x", 2), "xx")
  t.eq(string.added, nil)
  t.eq(string.raw, nil)
  t.eq(math.max(1, 2), 2)
  t.eq(table.concat({ 1, 2 }), "12")
  t.eq(process.event.EXIT, "pid.exit")
  t.eq(type(process.send), "function")
  t.eq(type(channel.new), "function")
  return true
end }

--@ test C-305 assigning a field of a library raises and does not reach other processes
return { main = function()
  local ok, e = pcall(function() string.rep = 1 end)
  t.eq(ok, false)
  t.has(e, "read-only")
  for _, library in ipairs{ string, table, math, channel, process } do
    t.eq(pcall(function() library.new_field = 1 end), false)
    t.eq(library.new_field, nil)
  end
  t.ok(t.run("app.test:writer").value > 30)
  t.eq(t.run("app.test:innocent").value, true)
  return true
end }

--@ entry app.test:globals
return { main = function(parent, name)
  local clean = leaked == nil and helper == nil and type(print) == "function" and string.rep("x", 2) == "xx"
  leaked = name
  helper = { name }
  rawset(_G, "print", "mine")
  _G.string = { rep = function() return name end }
  process.send(parent, "set")
  process.inbox():receive()
  return { clean, leaked == name, helper[1] == name, string.rep() == name }
end }

--@ test C-306 globals of one process are not visible in another of the same entry
return { main = function()
  local set, events = process.listen("set"), process.events()
  local pids = {}
  for i = 1, 4 do
    pids[i] = t.ok(process.spawn_monitored("app.test:globals", "app:processes", process.pid(), "n" .. i))
    t.take(set)
  end
  t.eq(leaked, nil)
  t.eq(type(print), "function")
  t.eq(string.rep("x", 2), "xx")
  for i = 1, 4 do process.send(pids[i], "go") end
  for i = 1, 4 do
    local e = t.take(events)
    t.ok(e.value, tostring(e.error))
    for k = 1, 4 do t.eq(e.value[k], true, "check " .. k) end
  end
  return true
end }

--@ test C-307 os.time is an integer near the wall clock
return { main = function()
  local now = os.time()
  t.eq(math.type(now), "integer")
  t.eq(tostring(now):find(".", 1, true), nil)
  t.ok(math.abs(now - time.now():unix()) <= 1)
  t.ok(now > 1600000000)
  return true
end }
