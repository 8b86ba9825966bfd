-- field.md §7b, "finalisers": objects of the host outlive their finalizer (a weak key is cleared a cycle later), and a finalizer
-- may not run at all (no C stack left for its call). Neither may leave a pointer into freed memory.

--@ entry app.test:answer
return { main = function() return 1 end }

--@ entry app.test:weak time events funcs registry security payload
return { main = function()
  local makes = {
    actor = function() return security.new_actor("x") end,
    scope = function() return security.new_scope() end,
    snapshot = function() return registry.snapshot() end,
    timer = function() return time.timer("1h") end,
    ticker = function() return time.ticker("1h") end,
    ["timer's channel"] = function() return time.timer("1h"):channel() end,
    ["ticker's case"] = function() return time.ticker("1h"):channel():case_receive() end,
    subscription = function() return events.subscribe("x") end,
    ["subscription's channel"] = function() return events.subscribe("x"):channel() end,
    ["subscription's case"] = function() return events.subscribe("x"):channel():case_receive() end,
  }
  local function called(f, ...)
    if f then pcall(f, ...) end
  end
  local methods = { "id", "meta", "policies", "contains", "with", "without", "evaluate", "get", "find", "entries", "version", "changes", "namespace",
    "channel", "response", "stop", "reset", "close", "dropped", "result", "error", "cancel", "is_complete", "is_canceled", "send", "case_receive" }
  local seen = {}
  for name, make in pairs(makes) do
    for round = 1, 20 do
      local weak = setmetatable({}, { __mode = "k" })
      ;(function() weak[make()] = name end)() -- so that no register holds it
      collectgarbage()
      local object = next(weak)
      local filled = {}
      for i = 1, 100 do filled[i] = ("\xff"):rep(i * 2) .. i end
      if object then
        seen[name] = true
        tostring(object)
        local is_case = name:find("case")
        for _, method in ipairs(is_case and {} or methods) do
          for _, argument in ipairs{ "x", { k = 1 }, false } do called(object[method], object, argument, object) end
        end
        if is_case then pcall(channel.select, { object, default = true }) end
        if name:find("channel") then
          t.eq(object:receive(), nil)
          channel.select{ object:case_receive(), default = true }
        end
        pcall(process.send, process.pid(), "x", object)
        pcall(process.with_context, { k = object })
        pcall(funcs.call, "app.test:answer", object)
      end
    end
  end
  local names = {}
  for name in pairs(seen) do names[#names + 1] = name end
  return #names
end }

--@ test field-7b what a weak key still finds after the finalizer is closed, not freed memory
return { main = function()
  local r = t.run("app.test:weak")
  t.eq(r.error, nil)
  t.eq(r.value, 10)
  return true
end }

--@ test [security funcs] field-7b a builder whose scope was collected spawns nothing rather than with the parent's rights
return { main = function()
  for name, make in pairs{
    actor = function() local a = security.new_actor("x") return a, process.with_context({}):with_actor(a), funcs.new():with_actor(a) end,
    scope = function() local s = security.new_scope() return s, process.with_context({}):with_scope(s), funcs.new():with_scope(s) end,
  } do
    local weak = setmetatable({}, { __mode = "k" })
    ;(function()
      local object, builder, executor = make()
      weak[object] = { builder, executor }
    end)()
    collectgarbage()
    local _, made = next(weak)
    t.ok(made, name .. " is found")
    t.has(t.fails("Invalid", made[1]:spawn("app.test:answer", "app:processes")), "collected")
    t.has(t.fails("Invalid", made[2]:call("app.test:answer")), "collected")
  end
  return true
end }

--@ entry app.test:deep time events
-- (Not under ThreadSanitizer, whose larger frames end the stack before the depths begin.)
-- Drops timers and subscriptions below `depth` nested calls and collects them there: at one depth none is left for a finalizer.
local pcall, collect = pcall, collectgarbage -- the first use of a global is a call
local held
local function nest(depth)
  if depth > 0 then return pcall(nest, depth - 1) end
  held = nil
  collect()
  collect()
end
return { main = function(depth)
  held = {}
  for i = 1, 60, 3 do
    held[i], held[i + 1], held[i + 2] = time.after("10ms"), time.ticker("10ms"), events.subscribe("app.test.deep")
  end
  nest(depth)
  local filled = {}
  for i = 1, 2000 do filled[i] = ("\x7f"):rep(1 + i % 400) .. i end
  for i = 1, 3 do
    events.send("app.test.deep", "kind", "/path")
    time.sleep("12ms")
  end
  return 1
end }

--@ test field-7b tsan=no a finalizer without C stack: what it would have stopped goes on without its owner
return { main = function()
  local went_well, overflowed = 0, 0
  for depth = 150, 205 do
    local r = t.run("app.test:deep", depth)
    if r.error then
      t.has(r.error, "stack overflow")
      overflowed = overflowed + 1
    else
      t.eq(overflowed, 0, "a deeper one went well")
      went_well = went_well + 1
    end
  end
  t.ok(went_well > 5 and overflowed > 5, "the depths span the limit")
  return true
end }
