local function main()
  local balls = process.listen("ball")
  for ball in function() return balls:receive() end do process.send(ball.from, "reply", ball.i) end
end
return { main = main }
