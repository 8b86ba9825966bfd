local function main()
--@block 001-07
  assert(process.send(process.pid(), "note", "text"))
--@block 001-09
  assert(msg:topic() == "note" and msg:from() == process.pid() and msg:payload():data() == "text")
  assert(process.cancel(process.pid()))
  local event = events:receive()
  assert(event.kind == process.event.CANCEL and event.from == process.pid())
  local topic, options = "note", { message = true }
--@block 001-08
  local value, open = ch:receive()
  assert(value == nil and open == false, "unlisten closes the channel")
  return "received"
end
return { main = main }
