-- 父 worker 生成链接回父进程的子进程
local function star_parent_main()
    local time = require("time")
    local events_ch = process.events()
    local child_count = 10

    -- 启用 trap_links 以观察子进程死亡
    process.set_options({ trap_links = true })

    local children = {}

    -- 生成子进程
    for i = 1, child_count do
        local child_pid, err = process.spawn(
            "app.workers:linker_child",
            "app:processes"
        )
        if err then
            error("spawn child failed: " .. tostring(err))
        end

        -- 向子进程发送父 PID
        process.send(child_pid, "inbox", process.pid())
        children[child_pid] = true
    end

    -- 等待所有子进程确认链接
    for i = 1, child_count do
        local msg = process.inbox():receive()
        if msg:topic() ~= "linked" then
            error("expected linked confirmation")
        end
    end

    -- 触发失败 - 所有子进程应收到 LINK_DOWN
    error("PARENT_STAR_FAILURE")
end
