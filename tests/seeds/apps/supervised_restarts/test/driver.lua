-- Starts a pool and follows it by what pool and workers print (`probe`, topic `said`).
local time = require("time")

local function main()
  assert(process.registry.register("probe"))
  local said, results, timeout = process.listen("said", { message = true }), process.listen("result"), time.after("15s")
  local pool, workers

  local function line(from, pattern)
    while true do
      local result = channel.select { said:case_receive(), timeout:case_receive() }
      if result.channel == timeout then error("nobody said " .. pattern) end
      local text = result.value:payload():data()
      if result.value:from() == from then
        local found = { text:match(pattern) }
        if found[1] then return table.unpack(found) end
      end
    end
  end
  local function work(id)
    assert(process.send(workers[id], "work", "job " .. id))
    line(workers[id], "^Worker " .. id .. " processing: job " .. id .. "$")
    assert(results:receive() == "completed: job " .. id)
  end
  local function restarted(id)
    local pid = line(pool, "^Worker " .. id .. " started: (.+)$")
    assert(pid ~= workers[id], "a restart makes a new process")
    workers[id] = pid
  end

  workers = {}
  pool = assert(process.spawn("app.supervisor:pool", "app:processes", 3))
  for id = 1, 3 do workers[id] = line(pool, "^Worker " .. id .. " started: (.+)$") end
  line(pool, "^Supervisor started with 3 workers$")
  for id = 1, 3 do work(id) end

  -- A table cannot be concatenated: the worker fails in its own code.
  assert(process.send(workers[1], "work", {}))
  line(pool, "^Worker 1 died after %d+s, restarting$")
  restarted(1)
  for id = 1, 3 do work(id) end  -- the others were not disturbed

  -- Killed from outside, twice in a row: still the same number, and no other.
  for _ = 1, 2 do
    assert(process.terminate(workers[2]))
    line(pool, "^Worker 2 died after %d+s, restarting$")
    restarted(2)
  end
  for id = 1, 3 do work(id) end

  -- Cancelled, a worker returns: a normal exit, so no LINK_DOWN and no restart (process.md §0.3).
  assert(process.monitor(workers[3]))
  assert(process.cancel(workers[3], "5s"))
  local event = process.events():receive()
  assert(event.from == workers[3] and event.value == "cancelled", tostring(event.error))
  local quiet = time.after("400ms")
  while true do
    local result = channel.select { said:case_receive(), quiet:case_receive() }
    if result.channel == quiet then break end
    if result.value:from() == pool then error("the pool spoke: " .. tostring(result.value:payload():data())) end
  end
  work(1)
  assert(process.terminate(pool))
  return "restarts seen"
end
return { main = main }
