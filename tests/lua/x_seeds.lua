--@ entry app.test.process:task_worker
-- task_worker.lua
local time = require("time")
local function main(task)
  time.sleep("10ms")
  local result = task.value * 2
  return result
end
return { main = main }

--@ test C-330 monitored pool
local time = require("time")
local function main()
  local events_ch = process.events()
  local workers = {}
  local worker_count = 5
  for i = 1, worker_count do
    local worker_pid, err = process.spawn_monitored(
      "app.test.process:task_worker",
      "app:processes",
      { task_id = i, value = i * 10 }
    )
    if err then
      return false, "spawn worker " .. i .. " failed: " .. err
    end
    workers[worker_pid] = { task_id = i, started = os.time() }
  end
  local completed, sum = 0, 0
  local timeout = time.after("10s")
  while completed < worker_count do
    local result = channel.select {
      events_ch:case_receive(),
      timeout:case_receive(),
    }
    if result.channel == timeout then
      return false, "timeout waiting for workers"
    end
    local event = result.value
    if event.kind == process.event.EXIT then
      local worker = workers[event.from]
      if worker then
        t.eq(event.error, nil)
        t.eq(event.result.value, worker.task_id * 20)
        t.eq(tostring(event.result), tostring(worker.task_id * 20))
        completed = completed + 1
        sum = sum + event.result.value
      end
    end
  end
  t.eq(sum, 300)
  return true
end
return { main = main }

--@ entry app.workers:pool_worker
local function main(worker_id, to)
  process.send(to, "started", { worker_id, process.pid() })
  local events_ch = process.events()
  local inbox_ch = process.inbox()
  while true do
    local result = channel.select{ inbox_ch:case_receive(), events_ch:case_receive() }
    if result.channel == events_ch then
      local event = result.value
      if event.kind == process.event.CANCEL then return "cancelled" end
      if event.kind == process.event.LINK_DOWN then return nil, "linked_process_died" end
    else
      error("worker " .. worker_id .. " broke")
    end
  end
end
return { main = main }

--@ entry app.supervisor:pool
local function main(worker_count, to)
  local time = require("time")
  process.set_options({ trap_links = true })
  local events_ch = process.events()
  local workers = {}
  local function start_worker(id)
    local pid, err = process.spawn_linked("app.workers:pool_worker", "app:processes", id, to)
    if err then return nil end
    workers[pid] = { id = id }
    return pid
  end
  for i = 1, worker_count do start_worker(i) end
  while true do
    local timeout = time.after("60s")
    local result = channel.select { events_ch:case_receive(), timeout:case_receive() }
    if result.channel == events_ch then
      local event = result.value
      if event.kind == process.event.LINK_DOWN then
        local dead_worker = workers[event.from]
        if dead_worker then
          workers[event.from] = nil
          time.sleep("10ms")
          start_worker(dead_worker.id)
        end
      elseif event.kind == process.event.CANCEL then
        return
      end
    end
  end
end
return { main = main }

--@ test C-329 supervised pool
return { main = function()
  local started = process.listen("started")
  local pool = process.spawn("app.supervisor:pool", "app:processes", 4, process.pid())
  local pids = {}
  for _ = 1, 4 do
    local s = t.take(started)
    pids[s[1]] = s[2]
  end
  for round = 1, 3 do
    local victim = pids[2]
    process.send(victim, "fail")
    local s = t.take(started)
    t.eq(s[1], 2)
    t.ok(s[2] ~= victim)
    pids[2] = s[2]
  end
  t.silent(started, "50ms")
  for _, pid in pairs(pids) do t.eq(process.send(pid, "@x") == nil, true) end
  process.terminate(pool)
  return true
end }

--@ entry app.test.process:echo_worker
local function main()
  local ch = process.listen("echo", { message = true })
  local msg = ch:receive()
  if msg then
    local sender = msg:from()
    local payload = msg:payload()
    if sender then
      process.send(sender, "reply", payload)
    end
    return true
  end
  return false
end
return { main = main }

--@ test C-331 echo
return { main = function()
  local reply = process.listen("reply")
  local pid = process.spawn("app.test.process:echo_worker", "app:processes", "hello")
  local sent, err = process.send(pid, "echo", "hello from parent")
  t.eq(sent, true)
  t.eq(t.take(reply), "hello from parent")
  return true
end }

--@ entry app.test.process:error_exit_worker
return { main = function() process.inbox():receive() error("target failed") end }

--@ entry app.workers:linker
local function worker_main()
    local time = require("time")
    local events_ch = process.events()
    local inbox_ch = process.inbox()

    -- 启用 trap_links 以接收 LINK_DOWN 事件
    process.set_options({ trap_links = true })

    -- 从发送者接收目标 PID
    local msg = inbox_ch:receive()
    local target_pid = msg:payload():data()
    local sender = msg:from()

    -- 创建双向链接
    local ok, err = process.link(target_pid)
    if err then
        return nil, "link failed: " .. tostring(err)
    end

    -- 通知发送者我们已链接
    process.send(sender, "linked", process.pid())

    -- 等待目标退出时的 LINK_DOWN
    local timeout = time.after("3s")
    local result = channel.select {
        events_ch:case_receive(),
        timeout:case_receive(),
    }

    if result.channel == events_ch then
        local event = result.value
        if event.kind == process.event.LINK_DOWN then
            return "LINK_DOWN_RECEIVED"
        end
    end

    return nil, "no LINK_DOWN received"
end
return { main = worker_main }

--@ test C-332 explicit link
return { main = function()
  local linked, events = process.listen("linked"), process.events()
  local target = process.spawn("app.test.process:error_exit_worker", "app:processes")
  local pid = process.spawn_monitored("app.workers:linker", "app:processes")
  process.send(pid, "inbox", target)
  t.eq(t.take(linked), pid)
  process.send(target, "fail")
  t.eq(t.take(events).value, "LINK_DOWN_RECEIVED")
  return true
end }

--@ entry app.workers:error_worker
return { main = function() error("worker failed") end }

--@ entry app.workers:not_trapping
local function worker_main(to)
    local events_ch = process.events()
    local opts = process.get_options()
    print("trap_links:", opts.trap_links)  -- false
    local child_pid, err = process.spawn_linked(
        "app.workers:error_worker",
        "app:processes"
    )
    -- 我们永远不会到达这里
    local event = events_ch:receive()
    process.send(to, "reached")
end
return { main = worker_main }

--@ test C-333 default without trap_links
return { main = function()
  local reached = process.listen("reached")
  local e = t.run("app.workers:not_trapping", process.pid())
  t.ok(e.error)
  t.silent(reached, "50ms")
  return true
end }

--@ entry app.workers:long_worker
return { main = function() process.inbox():receive() end }

--@ test C-334 unmonitor
local function main()
    local time = require("time")
    local events_ch = process.events()

    -- 生成并监控
    local worker_pid, err = process.spawn_monitored(
        "app.workers:long_worker",
        "app:processes"
    )

    time.sleep("5ms")

    -- 停止监控
    local ok, unmon_err = process.unmonitor(worker_pid)
    if unmon_err then
        return nil, "unmonitor failed: " .. tostring(unmon_err)
    end

    -- 取消 worker
    process.cancel(worker_pid, "100ms")

    -- 不会收到 EXIT 事件(我们取消了监控)
    local timeout = time.after("200ms")
    local result = channel.select {
        events_ch:case_receive(),
        timeout:case_receive(),
    }

    if result.channel == events_ch then
        return nil, "should not receive event after unmonitor"
    end
    return true
end
return { main = main }
