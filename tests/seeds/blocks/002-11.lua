-- 链接到现有进程
local ok, err = process.link(target_pid)
if err then
return false, "link failed: " .. err
end
-- 取消链接
local ok, err = process.unlink(target_pid)
