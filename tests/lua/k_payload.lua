--@ entry app.test:echo
return { main = function()
  local msg = process.listen("echo", { message = true }):receive()
  process.send(msg:from(), "reply", msg:payload())
end }

--@ test C-172 C-173 C-175 the echo example
return { main = function()
  local reply = process.listen("reply", { message = true })
  for _, v in ipairs{ "text", 5, true, { a = { 1, 2 } } } do
    local pid = process.spawn("app.test:echo", "app:processes")
    process.send(pid, "echo", v)
    local m = t.take(reply)
    t.eq(m:topic(), "reply")
    t.eq(m:from(), pid)
    local d = m:payload():data()
    if type(v) == "table" then t.eq(d.a[2], 2) else t.eq(d, v) end
  end
  return true
end }

--@ test C-174 C-176 data and nested payloads
return { main = function()
  local full, me = process.listen("x", { message = true }), process.pid()
  for _, v in ipairs{ "s", 1, 2.5, true } do
    process.send(me, "x", v)
    t.eq(t.take(full):payload():data(), v)
  end
  process.send(me, "x", { 1 })
  local p = t.take(full):payload()
  t.ok(p:data() == p:data())
  local raw = process.listen("raw")
  process.send(me, "raw", { p = p, list = { payload.new("deep") }, payload.new(payload.new(7)) })
  local r = t.take(raw)
  t.eq(r.p[1], 1)
  t.eq(r.list[1], "deep")
  t.eq(r[1], 7)
  return true
end }

--@ test C-177 C-178 fields print
return { main = function()
  process.send(process.pid(), "topic one", "some data")
  local msg = process.inbox():receive()
  t.eq(tostring(msg.topic), "topic one")
  t.eq(tostring(msg.payload), "some data")
  t.eq(tostring(msg.from), process.pid())
  t.eq("got: " .. msg.topic .. " " .. msg.payload, "got: topic one some data")
  t.eq(tostring(msg:payload()), "some data")
  t.eq(msg.payload:data(), "some data")
  t.eq(msg.payload():data(), "some data")
  t.eq(msg.topic(), "topic one")
  t.eq(msg.topic:upper(), "TOPIC ONE")
  t.has(tostring(msg), "topic one")
  local raw = process.listen("raw")
  process.send(process.pid(), "raw", msg.payload, msg.topic)
  local v = t.take(raw)
  t.eq(v[1], "some data")
  t.eq(v[2], "topic one")
  return true
end }

--@ test C-180 C-181 C-182 payload objects
return { main = function()
  local p = payload.new({ a = 1 })
  t.eq(p:data().a, 1)
  t.eq(p:get_format(), "lua/any")
  t.eq(payload.new(errors.new("x")):get_format(), "golang/error")
  t.has(tostring(payload.new(1)), "payload")
  t.has(tostring(payload.new(1)), "lua/any")
  t.eq(p.a, 1)
  t.eq(#payload.new("four"), 4)
  t.eq(payload.new(2) + 3, 5)
  t.eq(3 * payload.new(2), 6)
  t.eq(payload.new("a") .. "b", "ab")
  t.eq("a" .. payload.new("b"), "ab")
  t.ok(payload.new(2) < payload.new(3) and payload.new(3) == payload.new(3))
  t.ok(payload.new(2) < 3)
  local n = 0
  for k, v in pairs(payload.new({ x = 1, y = 2 })) do n = n + v end
  t.eq(n, 3)
  t.eq(payload.new("text"):upper() , "PAYLOAD{FORMAT=LUA/ANY}")
  return true
end }
