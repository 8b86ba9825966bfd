local my_pid = process.pid()
-- 返回当前进程的字符串 PID
