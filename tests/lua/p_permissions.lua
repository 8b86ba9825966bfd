--@ entry app.test:idle
return { main = function() process.inbox():receive() return "end" end }

--@ entry app.test:value
return { main = function(v) return v end }

-- Leaves a trace that anybody can see.
--@ entry app.test:leaves_trace
return { main = function()
  process.registry.register("trace")
  process.inbox():receive()
end }

-- Does what it is told and tells what came of it; `denied` tells the error of a call that raises.
--@ entry app.test:tries time security
local here = "app:processes"
local function answer(v, err)
  if type(err) ~= "userdata" then return { value = v } end
  return { value = v, kind = err:kind(), message = err:message(), retryable = err:retryable(), details = err:details() }
end
local function raised(f, ...)
  local ok, err = pcall(f, ...)
  return answer(ok, not ok and err or nil)
end
local builder = function() return process.with_context({}) end
local can = {
  builder_spawn = function(name, entry) local b = builder() return answer(b[name](b, entry, here)) end,
  named_spawn = function(name) local b = builder():with_name(name) return answer(b:spawn("app.test:idle", here)) end,
  register = function(...) return answer(process.registry.register(...)) end,
  unregister = function(...) return answer(process.registry.unregister(...)) end,
  with_context = function() return raised(process.with_context, {}) end,
  again_context = function() return raised(function() return builder():with_context({}) end) end,
  with_actor = function() return raised(function() return builder():with_actor(security.actor()) end) end,
  with_scope = function() return raised(function() return builder():with_scope(security.scope()) end) end,
}
return { main = function(steps)
  local out = {}
  for i, step in ipairs(steps) do
    local name = table.remove(step, 1)
    out[i] = can[name] and can[name](table.unpack(step)) or answer(process[name](table.unpack(step)))
  end
  return out
end }

--@ test [security] C-233 H-184 H-197 H-198 no process.spawn: no variant starts a process or registers a name
return { main = function()
  local variants = { "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" }
  local steps = {}
  for _, v in ipairs(variants) do steps[#steps + 1] = { v, "app.test:leaves_trace", "app:processes" } end
  for _, v in ipairs(variants) do steps[#steps + 1] = { "builder_spawn", v, "app.test:leaves_trace" } end
  steps[#steps + 1] = { "named_spawn", "child" }
  steps[#steps + 1] = { "spawn", "app.test:nobody", "app:processes" }
  local r = t.under(security, "no_spawn", nil, steps)
  for i = 1, 8 do t.denied(r[i], "not allowed to spawn process: app.test:leaves_trace", "process.spawn", "app.test:leaves_trace") end
  t.denied(r[9], "not allowed to spawn process: app.test:idle", "process.spawn", "app.test:idle")
  t.denied(r[10], "not allowed to spawn process: app.test:nobody", "process.spawn", "app.test:nobody")
  t.eq(process.registry.lookup("trace"), nil)
  t.eq(process.registry.lookup("child"), nil)
  return true
end }

--@ test [security] C-234 H-185 H-189 no process.host: all spawn variants and exec are refused, also of a builder
return { main = function()
  local steps = { { "exec", "app.test:value", "app:processes" } }
  for _, v in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    steps[#steps + 1] = { v, "app.test:leaves_trace", "app:processes" }
    steps[#steps + 1] = { "builder_spawn", v, "app.test:leaves_trace" }
  end
  local r = t.under(security, "no_host", nil, steps)
  t.denied(r[1], "not allowed to exec on host: app:processes", "process.host", "app:processes")
  for i = 2, 9 do t.denied(r[i], "not allowed to spawn on host: app:processes", "process.host", "app:processes") end
  t.eq(process.registry.lookup("trace"), nil)
  return true
end }

--@ test [security] C-235 H-186 H-188 no process.spawn.monitored: spawn and spawn_linked work, the monitored ones do not
return { main = function()
  local r = t.under(security, "no_monitored", nil, {
    { "spawn", "app.test:idle", "app:processes" }, { "spawn_linked", "app.test:idle", "app:processes" },
    { "spawn_monitored", "app.test:idle", "app:processes" }, { "spawn_linked_monitored", "app.test:idle", "app:processes" },
    { "builder_spawn", "spawn_monitored", "app.test:idle" } })
  t.permitted(r[1])
  t.permitted(r[2])
  for i = 3, 5 do t.denied(r[i], "not allowed to spawn monitored process: app.test:idle", "process.spawn.monitored", "app.test:idle") end
  return true
end }

--@ test [security] C-236 H-187 H-188 no process.spawn.linked: spawn_linked and spawn_linked_monitored are refused
return { main = function()
  local r = t.under(security, "no_linked", nil, {
    { "spawn", "app.test:idle", "app:processes" }, { "spawn_monitored", "app.test:idle", "app:processes" },
    { "spawn_linked", "app.test:idle", "app:processes" }, { "spawn_linked_monitored", "app.test:idle", "app:processes" },
    { "builder_spawn", "spawn_linked", "app.test:idle" } })
  t.permitted(r[1])
  t.permitted(r[2])
  for i = 3, 5 do t.denied(r[i], "not allowed to spawn linked process: app.test:idle", "process.spawn.linked", "app.test:idle") end
  return true
end }

--@ test [security] C-237 H-119 H-122 H-191 H-199 no process.send on a PID: refused, also by its name; nothing arrives
return { main = function()
  local me = process.pid()
  t.eq(process.registry.register("victim"), true)
  local inbox = process.inbox()
  local r = t.under(security, "no_send", { victim = me },
    { { "send", me, "one", 1 }, { "send", "victim", "two", 2 }, { "send", "nobody", "three", 3 }, { "spawn", "app.test:idle", "app:processes" } })
  for i = 1, 2 do t.denied(r[i], "not allowed to send: " .. me, "process.send", me) end
  t.eq(r[3].kind, errors.NOT_FOUND)
  t.silent(inbox)
  r = t.under(security, "no_send", { victim = r[4].value }, { { "send", me, "four", 4 } })
  t.permitted(r[1])
  t.eq(t.take(inbox):topic(), "four")
  return true
end }

--@ test [security] C-238 H-192 each call on a process needs the permission of its name, and no other
return { main = function()
  process.set_options{ trap_links = true }
  local verbs = { "monitor", "unmonitor", "link", "unlink", "cancel", "terminate" }
  for _, without in ipairs(verbs) do
    local pid = process.spawn("app.test:idle", "app:processes")
    local steps = {}
    for i, verb in ipairs(verbs) do steps[i] = { verb, pid } end
    local r = t.under(security, "no_" .. without, nil, steps)
    for i, verb in ipairs(verbs) do
      if verb == without then
        t.denied(r[i], "not allowed to " .. verb .. ": " .. pid, "process." .. verb, pid)
      else
        t.permitted(r[i], verb)
      end
    end
    process.terminate(pid)
  end
  return true
end }

--@ test [security] C-239 H-195 H-225 names: register, unregister and the names of others
return { main = function()
  local me = process.pid()
  local r = t.under(security, "no_name", nil, { { "register", "taken.one" }, { "register", "free.one" }, { "unregister", "free.one" } })
  t.denied(r[1], "not allowed to register name: taken.one", "process.registry.register", "taken.one")
  t.permitted(r[2])
  t.permitted(r[3])
  t.eq(process.registry.lookup("taken.one"), nil)
  process.registry.register("kept")
  r = t.under(security, "no_unname", nil, { { "unregister", "kept" } })
  t.denied(r[1], "not allowed to unregister name: kept", "process.registry.unregister", "kept")
  t.eq(process.registry.lookup("kept"), me)
  r = t.under(security, "no_foreign", nil, { { "register", "of.me", me }, { "register", "own" } })
  t.denied(r[1], "not allowed to register a name for: " .. me, "process.registry.foreign", me)
  t.permitted(r[2])
  t.eq(process.registry.lookup("of.me"), nil)
  return true
end }

--@ test [security] C-240 H-190 no process.exec: exec is refused, spawn is not; exec does not need process.spawn
return { main = function()
  local r = t.under(security, "no_exec", nil, { { "exec", "app.test:value", "app:processes", 7 }, { "spawn", "app.test:idle", "app:processes" } })
  t.denied(r[1], "not allowed to exec process: app.test:value", "process.exec", "app.test:value")
  t.permitted(r[2])
  r = t.under(security, "no_spawn", nil, { { "exec", "app.test:value", "app:processes", 7 } })
  t.eq(r[1].value, 7)
  return true
end }

--@ test [security] H-193 H-194 H-200 builders raise what is denied, and it can be caught
return { main = function()
  local said = "not allowed to spawn processes with custom "
  local r = t.under(security, "no_context", nil, { { "with_context" } })
  t.denied(r[1], said .. "context", "process.context", "context")
  r = t.under(security, "no_security", nil, { { "with_context" }, { "again_context" }, { "with_actor" }, { "with_scope" } })
  t.permitted(r[1])
  t.permitted(r[2], "what was inherited needs no permission")
  for i = 3, 4 do t.denied(r[i], said .. "security context", "process.security", "security") end
  return true
end }

--@ test [security] H-196 conditions see who asks, where it runs and what it is, and whom it asks for
return { main = function()
  local me = process.pid()
  local r = t.under(security, "by_attributes", nil, { { "send", me, "open", 1 }, { "send", me, "a secret", 2 }, { "terminate", me },
    { "spawn", "app.test:idle", "app:processes" } })
  t.permitted(r[1])
  t.denied(r[2], "not allowed to send: " .. me, "process.send", me)
  t.denied(r[3], "not allowed to terminate: " .. me, "process.terminate", me)
  t.permitted(r[4])
  return true
end }

--@ test C-241 with neither actor nor scope everything is allowed
return { main = function()
  local events, here = process.events(), "app:processes"
  process.set_options{ trap_links = true }
  local pids = {}
  for _, name in ipairs{ "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored" } do
    local pid, err = process[name]("app.test:idle", here)
    t.eq(err, nil)
    pids[name] = t.ok(pid, name)
  end
  local pid = pids.spawn
  local function allowed(name, ...)
    local ok, err = process[name](...)
    t.eq(ok, true, name)
    t.eq(err, nil, name)
  end
  allowed("monitor", pid)
  allowed("unmonitor", pid)
  allowed("link", pid)
  allowed("unlink", pid)
  t.eq(process.registry.register("p.idle", pid), true)
  t.eq(process.registry.lookup("p.idle"), pid)
  t.eq(process.registry.unregister("p.idle"), true)
  allowed("cancel", pids.spawn_linked)
  allowed("terminate", pids.spawn_linked)
  local e = t.take(events)
  t.eq(e.kind, process.event.LINK_DOWN)
  t.eq(e.from, pids.spawn_linked)
  t.eq(process.exec("app.test:value", here, 7), 7)
  for _, name in ipairs{ "spawn", "spawn_monitored", "spawn_linked_monitored" } do allowed("send", pids[name], "end") end
  for _ = 1, 2 do t.eq(t.take(events).value, "end") end
  return true
end }
