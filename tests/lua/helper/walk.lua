-- What a script can reach. NAMES, every name the host's sources mention and those of other Luas, is put in front of this
-- file: tables that fill themselves on first use show nothing to pairs, so each name is tried everywhere.
local pcall, pairs, type, tostring, getmetatable, unpack = pcall, pairs, type, tostring, getmetatable, table.unpack
local format, random, yield, spawn_task = string.format, math.random, coroutine.yield, coroutine.spawn

local function index(v, k) return v[k] end

-- One object of every type a program can hold; those of absent modules are left out.
local function samples()
  local list = {}
  local function add(name, make)
    local ok, v = pcall(make)
    if ok and v ~= nil then list[#list + 1] = { "<" .. name .. ">", v } end
  end
  add("string", function() return "text" end)
  add("function", function() return function() end end)
  add("coroutine", function() return coroutine.create(function() end) end)
  add("wrapped coroutine", function() return coroutine.wrap(function() end) end)
  add("task", function() return spawn_task(function() end) end)
  add("gmatch iterator", function() return (("x"):gmatch(".")) end)
  add("error", function() return errors.new("x") end)
  add("channel", function() return channel.new(1) end)
  add("receive case", function() return channel.new(1):case_receive() end)
  add("send case", function() return channel.new(1):case_send(1) end)
  add("select result", function() return channel.select{ channel.new():case_receive(), default = true } end)
  add("inbox", function() return process.inbox() end)
  add("events", function() return process.events() end)
  add("message", function()
    process.send(process.pid(), "topic", 1)
    return (process.inbox():receive())
  end)
  add("payload", function() return payload.new("x") end)
  add("options", function() return process.get_options() end)
  add("spawn builder", function() return process.with_context({ k = 1 }) end)
  add("time", function() return time.now() end)
  add("date", function() return time.date(2024, 1, 1, 0, 0, 0, 0) end)
  add("duration", function() return time.parse_duration("1s") end)
  add("location", function() return time.utc end)
  add("loaded location", function() return time.load_location("UTC") end)
  add("timer", function() return time.timer("1h") end)
  add("ticker", function() return time.ticker("1h") end)
  add("type", function() return integer end)
  add("actor", function() return security.new_actor("x") end)
  add("scope", function() return security.new_scope() end)
  add("policy", function() return security.policy("app.sec:everything") end)
  add("executor", function() return funcs.new() end)
  add("snapshot", function() return registry.snapshot() end)
  add("changes", function() return registry.snapshot():changes() end)
  add("version", function() return registry.current_version() end)
  add("future", function() return (funcs.async("app.test:called")) end)
  add("io module", function() return require("io") end)
  add("event subscription", function() return events.subscribe("x") end)
  add("filesystem", function() return fs.get("app:fs") end)
  add("file", function() return fs.get("app:fs"):open("x", "w+") end)
  add("logger", function() return logger:with({ k = 1 }) end)
  return list
end

local function described(v)
  local kind = type(v)
  if kind == "string" then return format("string %q", v) end
  if kind == "number" then return format(math.type(v) == "integer" and "integer %d" or "float %.17g", v) end
  return kind == "boolean" and tostring(v) or kind
end

-- Calls see(path, value, text) for everything, in an order that does not depend on chance.
local function walk(see)
  local places = {}
  local visit
  local function fields(path, v)
    local found, keys = {}, {}
    local function keep(k, w)
      local name = type(k) == "string" and k or "[" .. described(k) .. "]"
      if found[name] == nil then keys[#keys + 1] = name end
      found[name] = w
    end
    if type(v) == "table" then
      pcall(function() for k, w in pairs(v) do keep(k, w) end end)
      pcall(function() for k, w in next, v do keep(k, w) end end)
    end
    for _, name in ipairs(NAMES) do
      local ok, w = pcall(index, v, name)
      if ok and w ~= nil then keep(name, w) end
    end
    table.sort(keys)
    for _, name in ipairs(keys) do visit(path .. "." .. name, found[name], type(v) == "userdata") end
  end
  function visit(path, v, of_object)
    local kind = type(v)
    local is_object = kind == "table" or kind == "userdata" or kind == "function" or kind == "thread"
    if not is_object then return see(path, v, path .. " " .. (of_object and kind or described(v))) end
    if places[v] then return see(path, v, path .. " = " .. places[v]) end
    places[v] = path
    see(path, v, path .. " " .. kind)
    local ok, meta = pcall(getmetatable, v)
    if ok and meta ~= nil then visit(path .. "<metatable>", meta) end
    if kind ~= "function" and kind ~= "thread" then fields(path, v) end
  end
  local walked = { walk = true }
  visit("_G", _G)
  for _, s in ipairs(samples()) do
    if type(s[2]) == "string" then
      see(s[1], s[2], s[1] .. " string, metatable " .. tostring(getmetatable(s[2])))
      fields(s[1], s[2])
    else
      visit(s[1], s[2])
    end
  end
  for _, v in ipairs{ 1, 1.5, true, false } do see("<" .. tostring(v) .. ">", v, "<" .. tostring(v) .. "> metatable " .. tostring(getmetatable(v))) end
  for _, name in ipairs(NAMES) do
    local ok, v = pcall(require, name)
    if ok then
      local global = _G[name]
      if v ~= global then visit("require " .. name, v) end
    end
  end
end

-- Prints the list.
local function list()
  walk(function(_, _, text) print(text) end)
  return true
end

-- Calls functions with arguments by chance and prints every text that comes out.
local function fuzz(parent, seed, rounds)
  math.randomseed(seed)
  local functions, objects, said = {}, {}, {}
  local print = print
  walk(function(path, v)
    if type(v) == "function" then functions[#functions + 1] = { path, v } end
    if type(v) == "table" or type(v) == "userdata" or type(v) == "thread" then objects[#objects + 1] = v end
  end)
  local texts = { "", "x", "topic", "%d %s %q", "%p", "%x", "app.test:fuzzed", "app:processes", process.pid(), "[", "%b", "(a*)*",
    "1s", "UTC", "collect", "k", "*t", "!%c", "2006-01-02", "\0\255", "0x10", "<i8", "s4", "__index", "json", "..", "/" }
  local numbers = { 0, 1, -1, 2, 3, 7, 10, 0.5, 100 }
  local wide = { 1 << 31, 1 << 53, math.maxinteger, math.mininteger, 1e308, 0 / 0, math.huge, -math.huge }
  local function value()
    local r = random(100)
    if r <= 10 then return nil end
    if r <= 18 then return r % 2 == 0 end
    if r <= 34 then return numbers[random(#numbers)] end
    if r <= 37 then return wide[random(#wide)] end
    if r <= 60 then return texts[random(#texts)] end
    if r <= 66 then return function(...) return ... end end
    if r <= 70 then return { 1, 2, "x", k = "v" } end
    if r <= 72 then return functions[random(#functions)][2] end
    return objects[random(#objects)]
  end
  local function note(path, v, depth)
    local kind = type(v)
    if kind == "number" and math.type(v) == "integer" and v > 1 << 32 then v, kind = format("0x%x", v), "string" end
    if kind == "string" then
      local text = path .. " -> " .. v:sub(1, 2000)
      if not said[text] then
        said[text] = true
        print(text)
      end
    elseif kind == "table" and depth < 3 then
      pcall(function()
        for k, w in next, v do
          note(path, k, depth + 1)
          note(path, w, depth + 1)
        end
      end)
    end
    if kind == "table" or kind == "userdata" or kind == "thread" or kind == "function" then
      local ok, text = pcall(tostring, v)
      note(path, text, depth)
      if kind ~= "function" then objects[random(60 < #objects and #objects or #objects + 1)] = v end
      for _, method in ipairs{ "message", "stack", "details" } do
        local ok, text = pcall(function() return v[method](v) end)
        if kind == "userdata" and type(text) == "string" then note(path, text, depth) end
      end
    end
  end
  for i = 1, rounds do
    local path, f = unpack(functions[random(#functions)])
    local n = random(0, 4)
    local arguments = {}
    for k = 1, n do arguments[k] = value() end
    -- A method gets an object most of the time.
    if random(2) == 1 then arguments[1], n = objects[random(#objects)], n < 1 and 1 or n end
    spawn_task(function()
      local r = table.pack(pcall(f, unpack(arguments, 1, n)))
      for k = 1, r.n do note(path, r[k], 0) end
      local _, trace = xpcall(f, function(m) return errors.call_stack and tostring(errors.call_stack()) or m end, unpack(arguments, 1, n))
      note(path, trace, 0)
    end)
    yield()
    if i % 10 == 0 then process.send(parent, "calls", 20) end
  end
  return true
end

-- Many children, a few at a time; returns how many calls they reported.
local function campaign()
  local time = require("time")
  local calls, events, total = process.listen("calls"), process.events(), 0
  local left, running, started, printed = 240, 0, {}, {}
  local late = time.ticker("200ms"):channel()
  while left > 0 or running > 0 do
    while left > 0 and running < 6 do
      local pid, err = process.spawn_monitored("app.test:fuzz", "app:processes", process.pid(), left, 150)
      if not pid then error(tostring(err)) end
      started[pid], left, running = time.now(), left - 1, running + 1
    end
    local r = channel.select{ calls:case_receive(), events:case_receive(), late:case_receive() }
    if r.channel == calls then
      total = total + r.value
    elseif r.channel == events and started[r.value.from] then
      started[r.value.from], running = nil, running - 1
      if r.value.error then print(tostring(r.value.error), tostring(r.value.error:stack())) end
    elseif r.channel == late then
      for pid, at in pairs(started) do
        if time.now():sub(at):seconds() > 2 then process.terminate(pid) end
      end
    end
  end
  return total
end

return { list = list, fuzz = fuzz, campaign = campaign }
