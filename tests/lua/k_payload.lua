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

--@ test C-183 transcode
return { main = function()
  local v = { list = { 1, 2.5, "x" }, flag = true, deep = { { k = "v" } } }
  local p = payload.new(v)
  local j = p:transcode(payload.format.JSON)
  t.eq(j:get_format(), "json/plain")
  t.eq(tostring(j), "payload{format=json/plain}")
  t.ok(j:data() == j:data() and j:data() ~= v)
  t.eq(j:data().list[2], 2.5)
  t.eq(math.type(j:data().list[1]), "integer")
  t.eq(j:data().deep[1].k, "v")
  t.eq(j:unmarshal().flag, true)
  t.eq(j.flag, true)
  local text = '{"deep":[{"k":"v"}],"flag":true,"list":[1,2.5,"x"]}'
  local s = j:transcode(payload.format.STRING)
  t.eq(s:get_format(), "text/plain")
  t.eq(s:data(), text)
  t.eq(p:transcode(payload.format.BYTES):data(), text)
  t.eq(p:transcode(payload.format.BYTES):get_format(), "application/octet-stream")
  t.eq(payload.new("as it is"):transcode(payload.format.STRING):data(), "as it is")
  t.eq(payload.new("quoted"):transcode(payload.format.JSON):transcode(payload.format.STRING):data(), '"quoted"')
  local l = j:transcode(payload.format.LUA)
  t.eq(l:get_format(), "lua/any")
  t.ok(l:data() == j:data())
  t.ok(p:transcode("lua/any") == p)
  t.eq(p:get_format(), "lua/any")
  t.eq(payload.new(nil):transcode(payload.format.JSON):data(), nil)
  local e = payload.new(errors.new{ message = "m", kind = errors.INVALID })
  t.eq(e:get_format(), payload.format.ERROR)
  t.eq(e:transcode(payload.format.JSON):data().kind, "Invalid")
  t.eq(e:transcode(payload.format.STRING):data(), "m")
  t.ok(e:transcode(payload.format.ERROR) == e)
  for _, f in ipairs{ "YAML", "MSGPACK", "GOLANG", "ERROR" } do
    local none, why = p:transcode(payload.format[f])
    t.fails(errors.INTERNAL, none, why, f)
  end
  t.fails(errors.INTERNAL, p:transcode("no/such"))
  t.fails(errors.INTERNAL, payload.new(print):transcode(payload.format.JSON))
  t.fails(errors.INTERNAL, payload.new({ 1, k = 2 }):transcode(payload.format.STRING))
  t.fails(errors.INVALID, p:transcode())
  t.fails(errors.INVALID, p:transcode(5))
  t.eq(pcall(function() payload.format.JSON = 1 end), false)
  return true
end }

--@ test C-175 C-183 transcoded payloads cross as their data
return { main = function()
  local got = process.listen("x")
  process.send(process.pid(), "x", payload.new({ a = { 1 } }):transcode(payload.format.JSON))
  t.eq(t.take(got).a[1], 1)
  process.send(process.pid(), "x", { payload.new({ a = 1 }):transcode(payload.format.STRING) })
  t.eq(t.take(got)[1], '{"a":1}')
  local full = process.listen("y", { message = true })
  process.send(process.pid(), "y", { b = 2 })
  t.eq(t.take(full):payload():transcode(payload.format.JSON):data().b, 2)
  process.send(process.pid(), "y", { b = 3 })
  t.eq(t.take(full).payload:transcode(payload.format.STRING):data(), '{"b":3}')
  return true
end }
