local function call(id, host, ...)
--@block 001-10
  return result, err
end
local function main()
  assert(call("app.workers:adder", "app:processes", 19, 23) == 42)
  local result, err = call("app.workers:adder", "app:processes", 19)
  assert(result == nil)
  return tostring(err)
end
return { main = main }
