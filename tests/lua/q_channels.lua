--@ test C-242 C-244 C-245 C-246 C-247 buffers and close
return { main = function()
  local ch = channel.new(3)
  for i = 1, 3 do t.eq(ch:send(i), true) end
  local fourth = false
  coroutine.spawn(function() ch:send(4) fourth = true end)
  time.sleep("2ms")
  t.eq(fourth, false)
  local v, ok = ch:receive()
  t.eq(v, 1)
  t.eq(ok, true)
  time.sleep("2ms")
  t.eq(fourth, true)
  ch:close()
  ch:close()
  for i = 2, 4 do t.eq(ch:receive(), i) end
  for _ = 1, 3 do
    v, ok = ch:receive()
    t.eq(v, nil)
    t.eq(ok, false)
  end
  local sent, err = pcall(ch.send, ch, 1)
  t.eq(sent, false)
  t.has(err, "send on closed channel")
  return true
end }

--@ test C-263 odd sizes
return { main = function()
  local ok, err = pcall(channel.new, "x")
  t.eq(ok, false)
  t.has(err, "number expected")
  t.eq(pcall(channel.new, {}), false)
  for _, ch in ipairs{ channel.new(-1), channel.new(0), channel.new() } do
    local sent = false
    coroutine.spawn(function() ch:send("v") sent = true end)
    time.sleep("2ms")
    t.eq(sent, false)
    t.eq(channel.select{ ch:case_send("w"), default = true }.default, true)
    t.eq(ch:receive(), "v")
    time.sleep("2ms")
    t.eq(sent, true)
  end
  return true
end }

--@ test C-253 C-255 C-256 C-257 C-264 select
return { main = function()
  local a, b = channel.new(1), channel.new(1)
  b:send("b")
  local r = channel.select{ a:case_receive(), b:case_receive() }
  t.ok(r.channel == b and r.value == "b" and r.ok == true and r.default == nil)
  r = channel.select({ a:case_receive(), b:case_receive(), default = true })
  t.ok(r.default == true and r.ok == true and r.channel == nil)
  r = channel.select({ a:case_receive() }, true)
  t.eq(r.default, true)
  a:close()
  r = channel.select{ b:case_receive(), a:case_receive(), default = true }
  t.ok(r.channel == a and r.value == nil and r.ok == false)
  r = channel.select{ b:case_send(5) }
  t.ok(r.channel == b and r.value == 5 and r.ok)
  t.eq(b:receive(), 5)
  return true
end }

--@ test C-023 the oldest mailbox item wins, but table order among ready kinds
return { main = function()
  local me = process.pid()
  local x, y, z = process.listen("x"), process.listen("y"), channel.new(1)
  process.send(me, "y", 1)
  process.send(me, "x", 2)
  z:send(3)
  time.sleep("2ms")
  t.ok(channel.select{ x:case_receive(), y:case_receive(), z:case_receive() }.channel == y)
  t.ok(channel.select{ z:case_receive(), x:case_receive() }.channel == z)
  t.ok(channel.select{ z:case_receive(), x:case_receive() }.channel == x)
  t.eq(pcall(x.send, x, 1), false)
  return true
end }

--@ test C-266 producer and consumer, ping-pong, fan-in, fan-out
return { main = function()
  local items, got = channel.new(2), {}
  coroutine.spawn(function() for i = 1, 10 do items:send(i) end items:close() end)
  while true do
    local v, ok = items:receive()
    if not ok then break end
    got[#got + 1] = v
  end
  t.eq(table.concat(got, " "), "1 2 3 4 5 6 7 8 9 10")

  local ping, pong = channel.new(), channel.new()
  coroutine.spawn(function() for _ = 1, 20 do pong:send(ping:receive() + 1) end end)
  local n = 0
  for _ = 1, 20 do
    ping:send(n)
    n = pong:receive()
  end
  t.eq(n, 20)

  local into, count = channel.new(), {}
  for producer = 1, 4 do coroutine.spawn(function() for _ = 1, 5 do into:send(producer) end end) end
  for _ = 1, 20 do
    local p = into:receive()
    count[p] = (count[p] or 0) + 1
  end
  t.eq(table.concat(count, " "), "5 5 5 5")
  t.eq(channel.select{ into:case_receive(), default = true }.default, true)

  local jobs, done = channel.new(6), channel.new(6)
  for worker = 1, 3 do
    coroutine.spawn(function()
      for job in function() return (jobs:receive()) end do
        time.sleep("1ms")
        done:send(job * job)
      end
    end)
  end
  for job = 1, 6 do jobs:send(job) end
  jobs:close()
  local sum = 0
  for _ = 1, 6 do sum = sum + done:receive() end
  t.eq(sum, 91)
  time.sleep("5ms")
  t.eq(channel.select{ done:case_receive(), default = true }.default, true)
  return true
end }

--@ test C-273 many coroutines
return { main = function()
  local done = channel.new(0)
  local before = time.now()
  for i = 1, 1000 do coroutine.spawn(function() time.sleep("10ms") done:send(i) end) end
  local sum = 0
  for _ = 1, 1000 do sum = sum + done:receive() end
  t.eq(sum, 500500)
  t.ok(time.now():sub(before):milliseconds() < 1000)
  return true
end }

--@ test C-272 pcall across a block
return { main = function()
  local ok, err = pcall(function()
    process.listen("x"):receive()
    error("later")
  end, process.send(process.pid(), "x", 1))
  t.eq(ok, false)
  t.has(err, "later")
  return true
end }
