-- The parent that crashes: tells the driver its child, waits until both are watched, fails.
local function main(driver)
  local go = process.listen("go")
--@block 002-10
  process.send(driver, "child", pid)
  go:receive()
  error("linker failed")
end
return { main = main }
