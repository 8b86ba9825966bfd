local function main(mode)
  local test_name = "my_service"
  if mode ~= "unknown" then assert(process.registry.register(test_name)) end
--@block 002-14
  assert(pid == nil)
  return err:kind()
end
return { main = main }
