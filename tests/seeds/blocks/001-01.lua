local frame_id = process.id() -- 调用链标识符
local pid = process.pid() -- 进程 ID
