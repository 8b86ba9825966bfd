local function main(pong)
  local replies = process.listen("reply")
  for i = 1, 40 do
    process.send(pong, "ball", { from = process.pid(), i = i })
    assert(replies:receive() == i)
  end
  process.send(pong, "ball", false)
end
return { main = main }
