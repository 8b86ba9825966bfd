-- 链接到目标进程的 Worker
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
