-- 强制终止进程
local ok, err = process.terminate(destination)
-- 请求优雅取消,可选截止时间
local ok, err = process.cancel(destination, "5s")
