local ok, err = process.registry.register(name, pid) -- pid 默认为自己
local pid, err = process.registry.lookup(name)
local ok = process.registry.unregister(name)
