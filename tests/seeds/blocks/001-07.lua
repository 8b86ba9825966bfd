local inbox = process.inbox() -- 来自 @inbox 主题的消息对象
local events = process.events() -- 来自 @events 主题的生命周期事件
