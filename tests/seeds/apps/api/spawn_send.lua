local function main()
  assert(process.registry.register("probe"))
  local arrived = process.listen("arrived")
  local arg1, arg2 = "one", 2
--@block 000-01
  local arguments = arrived:receive()
  assert(arguments[1] == "one" and arguments[2] == 2)
  local target_pid, payload = pid, { text = "hello" }
--@block 000-02
  return arrived:receive().text
end
return { main = main }
