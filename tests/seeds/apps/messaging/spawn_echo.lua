local function main()
--@block 002-01
--@block 002-02
  local replies = process.listen("reply", { message = true })
  assert(process.send(pid, "echo", { words = { "a", "b" } }))
  local reply = replies:receive()
  assert(reply:from() == pid, "the reply comes from the worker")
  assert(reply:payload():data().words[2] == "b", "the payload came back")
  assert(my_pid ~= pid and my_pid == process.pid())
  return "echoed"
end
return { main = main }
