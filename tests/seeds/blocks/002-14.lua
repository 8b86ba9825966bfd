-- 显式取消注册
local unregistered = process.registry.unregister(test_name)
if not unregistered then
print("Name was not registered")
end
-- 取消注册后查找返回 nil + error
local pid, err = process.registry.lookup(test_name)
-- pid 将是 nil,err 将是非 nil
