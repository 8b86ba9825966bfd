local function main()
    local time = require("time")
    local events_ch = process.events()

    -- 不带监控的生成
    local worker_pid, err = process.spawn(
        "app.workers:long_worker",
        "app:processes"
    )
    if err then
        return nil, "spawn failed: " .. tostring(err)
    end

    -- 稍后开始监控
    local ok, monitor_err = process.monitor(worker_pid)
    if monitor_err then
        return nil, "monitor failed: " .. tostring(monitor_err)
    end

    -- 取消 worker
    time.sleep("5ms")
    process.cancel(worker_pid, "100ms")

    -- 接收 EXIT 事件
    local event = events_ch:receive()
    if event.kind == process.event.EXIT then
        print("Worker terminated:", event.from)
    end
end
