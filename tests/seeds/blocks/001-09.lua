local msg = inbox:receive()
msg:topic() -- string: 主题名称
msg:from() -- string|nil: 发送方 PID
msg:payload() -- any: 负载数据
