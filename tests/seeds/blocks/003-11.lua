local function linker_child_main()
    local events_ch = process.events()
    local inbox_ch = process.inbox()

    -- 接收父 PID
    local msg = inbox_ch:receive()
    local parent_pid = msg:payload():data()

    -- 链接到父进程
    process.link(parent_pid)

    -- 确认链接
    process.send(parent_pid, "linked", process.pid())

    -- 等待父进程死亡时的 LINK_DOWN
    local event = events_ch:receive()
    if event.kind == process.event.LINK_DOWN then
        return "parent_died"
    end
end
