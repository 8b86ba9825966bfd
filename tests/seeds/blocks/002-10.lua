-- 如果父进程崩溃,子进程终止(除非设置了 trap_links)
local pid, err = process.spawn_linked("app.test.process:child_worker", "app:processes")
if err then
return false, "spawn_linked failed: " .. err
end
