local function put(destination, topic, ...)
--@block 001-02
  return ok, err
end
local function main()
  local ch = process.listen("several")
  assert(put(process.pid(), "several", 1, "two", true))
  local values = ch:receive()
  assert(values[1] == 1 and values[2] == "two" and values[3] == true)
  assert(process.registry.register("me"))
  assert(put("me", "several", "by name"))
  assert(ch:receive() == "by name")
  local ok, reserved = put(process.pid(), "@inbox", 1)
  assert(ok == nil and reserved:kind() == errors.INVALID)
  local sent, unknown = put("nobody", "several", 1)
  assert(sent == nil and unknown:kind() == errors.NOT_FOUND)
  return "sent"
end
return { main = main }
