-- 基本启动
local pid, err = process.spawn(id, host, ...)
-- 带监控(接收 EXIT 事件)
local pid, err = process.spawn_monitored(id, host, ...)
-- 带链接(异常退出时接收 LINK_DOWN)
local pid, err = process.spawn_linked(id, host, ...)
-- 同时链接和监控
local pid, err = process.spawn_linked_monitored(id, host, ...)
