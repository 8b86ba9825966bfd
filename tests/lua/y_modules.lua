--@ test C-302 C-303 modules that are not listed
return { main = function()
  for _, name in ipairs{ "json", "uuid", "logger" } do
    t.eq(rawget(_G, name), nil, name)
    t.eq(_G[name], nil, name)
    local ok, err = pcall(require, name)
    t.eq(ok, false, name)
    t.has(err, name)
    t.has(err, "not found")
  end
  return true
end }

--@ test [json uuid logger] C-303 modules that are listed
return { main = function()
  for _, name in ipairs{ "json", "uuid", "logger", "time" } do
    t.eq(type(_G[name]), "table", name)
    t.ok(require(name) == _G[name], name)
    t.eq(pcall(function() _G[name].extra = 1 end), false, name)
    t.eq(_G[name].extra, nil, name)
  end
  t.eq(json.encode(1), "1")
  return true
end }

--@ test [json] json.encode scalars
return { main = function()
  t.eq(json.encode(nil), "null")
  t.eq(json.encode(), "null")
  t.eq(json.encode(true), "true")
  t.eq(json.encode(math.maxinteger), "9223372036854775807")
  t.eq(json.encode(math.mininteger), "-9223372036854775808")
  t.eq(json.encode(5.0), "5")
  t.eq(json.encode(-0.5), "-0.5")
  t.eq(json.encode(0.1), "0.1")
  t.eq(tonumber(json.encode(1e300)), 1e300)
  t.ok(not json.encode(1e20):find(".", 1, true))
  t.eq(json.encode(0 / 0), "null")
  t.eq(json.encode(1 / 0), "null")
  t.eq(json.encode(-1 / 0), "null")
  t.eq(json.encode("a\"b\\\n\0/\u{e4}"), '"a\\"b\\\\\\n\\u0000/\u{e4}"')
  t.eq(select("#", json.encode(1)), 1)
  t.fails(errors.INTERNAL, json.encode("\xff"))
  t.fails(errors.INTERNAL, json.encode(print))
  t.fails(errors.INTERNAL, json.encode({ channel.new() }))
  t.fails(errors.INTERNAL, json.encode(coroutine.running()))
  return true
end }

--@ test [json] json.encode tables
return { main = function()
  t.eq(json.encode({}), "[]")
  t.eq(json.encode({ 1, "2", false, { 3.0 } }), '[1,"2",false,[3]]')
  t.eq(json.encode({ b = 1, a = { y = 2, x = {} }, ["a b"] = true, [""] = 0 }),
    '{"":0,"a":{"x":[],"y":2},"a b":true,"b":1}')
  t.eq(json.encode({ { k = 1, a = 2 }, { k = 3 } }), '[{"a":2,"k":1},{"k":3}]')
  local wide = {}
  for i = 1, 200 do wide["k" .. i] = { n = i, m = "v" .. i } end
  local keys = {}
  for k in pairs(wide) do keys[#keys + 1] = k end
  table.sort(keys)
  for i, k in ipairs(keys) do keys[i] = ('"%s":{"m":"v%s","n":%s}'):format(k, k:sub(2), k:sub(2)) end
  t.eq(json.encode(wide), "{" .. table.concat(keys, ",") .. "}")
  -- arrays filled in any order, grown in the hash part
  local late = {}
  for i = 40, 1, -1 do late[i] = i end
  t.eq(#json.decode(json.encode(late)), 40)
  t.fails(errors.INTERNAL, json.encode({ 1, nil, 3 }))
  t.fails(errors.INTERNAL, json.encode({ [2] = 1 }))
  t.fails(errors.INTERNAL, json.encode({ 1, k = 2 }))
  t.fails(errors.INTERNAL, json.encode({ [0] = 1 }))
  t.fails(errors.INTERNAL, json.encode({ [1.5] = 1 }))
  t.fails(errors.INTERNAL, json.encode({ [true] = 1 }))
  local loop = { deep = {} }
  loop.deep.up = loop
  t.has(t.fails(errors.INTERNAL, json.encode(loop)), "itself")
  local shared = { 1 }
  t.eq(json.encode({ shared, shared }), "[[1],[1]]")
  local function nested(n)
    local v = {}
    for _ = 2, n do v = { v } end
    return v
  end
  t.eq(json.encode(nested(128)), ("["):rep(128) .. ("]"):rep(128))
  t.has(t.fails(errors.INTERNAL, json.encode(nested(129))), "128")
  return true
end }

--@ test [json] json.encode objects of the runtime
return { main = function()
  local e = errors.new{ message = "m", kind = errors.TIMEOUT, retryable = true, details = { n = 1 } }
  t.eq(json.encode({ e }), '[{"details":{"n":1},"kind":"Timeout","message":"m","retryable":true}]')
  t.eq(json.encode(errors.new("x")), '{"kind":"","message":"x"}')
  t.eq(json.encode({ p = payload.new({ 1, payload.new("in") }) }), '{"p":[1,"in"]}')
  local deep = payload.new(1)
  for _ = 1, 5000 do deep = payload.new(deep) end
  t.eq(json.encode(deep), "1")
  t.eq(json.encode(time.parse_duration("90m")), '"1h30m0s"')
  t.eq(json.encode(time.unix(0):utc()), '"1970-01-01T00:00:00Z"')
  process.send(process.pid(), "top", { 1 })
  local m = process.inbox():receive()
  t.eq(json.encode({ m.topic, m:payload() }), '["top",[1]]')
  return true
end }

--@ test [json] json.decode
return { main = function()
  local v = json.decode(' {"a":[1,2.5,-3,1e2,true,false,"x\\u00e4\\ud83d\\ude00",{}],"b":{"c":[]}, "d":9223372036854775807} ')
  t.eq(math.type(v.a[1]), "integer")
  t.eq(v.a[1], 1)
  t.eq(v.a[2], 2.5)
  t.eq(v.a[3], -3)
  t.eq(math.type(v.a[4]), "float")
  t.eq(v.a[5], true)
  t.eq(v.a[6], false)
  t.eq(v.a[7], "x\u{e4}\u{1f600}")
  t.eq(next(v.a[8]), nil)
  t.eq(#v.a, 8)
  t.eq(next(v.b.c), nil)
  t.eq(v.d, math.maxinteger)
  t.eq(json.decode("18446744073709551615"), 2.0 ^ 64)
  t.eq(json.decode("1e400") == nil, true)
  local values = table.pack(json.decode("null"))
  t.eq(values[1], nil)
  t.eq(values[2], nil)
  local holes = json.decode("[null,2,null,4]")
  t.eq(holes[1], nil)
  t.eq(holes[2], 2)
  t.eq(holes[4], 4)
  v = json.decode('{"gone":null,"twice":1,"twice":2}')
  t.eq(rawget(v, "gone"), nil)
  t.eq(v.twice, 2)
  t.eq(json.decode('"a\\u0000b"'), "a\0b")
  for _, bad in ipairs{ "{", "[1,]", "{'a':1}", "1 2", "nul", "[1", "\"", "\"\\ud800\"", "\"\xff\"", "01", "+1", "NaN", " ",
      "{} x", "[1]\0", "// c\n1", "\"\n\"" } do
    t.fails(errors.INTERNAL, json.decode(bad))
  end
  t.has(t.fails(errors.INTERNAL, json.decode('{"a" 1}')), "at byte 6")
  t.fails(errors.INVALID, json.decode(""))
  t.fails(errors.INVALID, json.decode())
  t.fails(errors.INVALID, json.decode(5))
  t.fails(errors.INVALID, json.decode({}))
  local deep = json.decode(("["):rep(10000) .. ("]"):rep(10000))
  for _ = 2, 10000 do deep = deep[1] end
  t.eq(next(deep), nil)
  t.fails(errors.INTERNAL, json.decode(("["):rep(10001) .. ("]"):rep(10001)))
  t.fails(errors.INTERNAL, json.decode(("["):rep(100000)))
  return true
end }

--@ test [json] json of megabytes and its limits
return { main = function()
  local big = {}
  for i = 1, 20000 do big[i] = { id = i, name = "entry " .. i, ratio = i / 7, tags = { "a", "b" } } end
  local text = json.encode(big)
  t.ok(#text > 1000000)
  local back = json.decode(text)
  t.eq(#back, 20000)
  t.eq(back[777].name, "entry 777")
  t.eq(back[777].ratio, 777 / 7)
  t.eq(json.encode(back), text)
  t.eq(#json.encode(("x"):rep((16 << 20) - 2)), 16 << 20)
  t.fails(errors.INTERNAL, json.encode(("x"):rep((16 << 20) - 1)))
  -- a small value that stands for a text without end
  local v = { "twice" }
  for _ = 1, 100 do v = { v, v } end
  t.fails(errors.INTERNAL, json.encode(v))
  t.fails(errors.INVALID, json.decode((" "):rep((16 << 20) + 1)))
  return true
end }

--@ test [uuid] uuid versions
return { main = function()
  local ns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"  -- DNS; the hashes are those of RFC 9562, appendix A
  t.eq(uuid.v3(ns, "www.example.com"), "5df41881-3aed-3515-88a7-2f4a814cf09e")
  t.eq(uuid.v5(ns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2")
  for _, version in ipairs{ 1, 4, 7 } do
    local seen, make = {}, uuid["v" .. version]
    for _ = 1, 500 do
      local u = make()
      t.ok(u:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-" .. version .. "%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"), u)
      t.ok(not seen[u], u)
      seen[u] = true
      t.eq(uuid.version(u), version)
      t.eq(uuid.variant(u), "RFC4122")
    end
  end
  local last = uuid.v7()
  for _ = 1, 10000 do
    local u = uuid.v7()
    t.ok(last < u, last .. " " .. u)
    last = u
  end
  t.eq(uuid.version(uuid.v3(ns, "")), 3)
  for _, f in ipairs{ uuid.v3, uuid.v5 } do
    t.fails(errors.INVALID, f("invalid", "n"))
    t.fails(errors.INVALID, f(ns))
    t.fails(errors.INVALID, f(ns, 5))
    t.fails(errors.INVALID, f())
  end
  return true
end }

--@ entry app.test:makes_uuids uuid
return { main = function() return uuid.v4() .. uuid.v1():sub(20) .. uuid.v7():sub(20) end }

--@ test [uuid] uuids of two processes differ
return { main = function()
  local a, b = t.run("app.test:makes_uuids").value, t.run("app.test:makes_uuids").value
  t.ok(a:sub(1, 36) ~= b:sub(1, 36))
  t.ok(a:sub(37, 53) ~= b:sub(37, 53))
  t.ok(a:sub(54) ~= b:sub(54))
  return true
end }

--@ test [uuid] uuid.parse, format, validate
return { main = function()
  local id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  local info = uuid.parse(id)
  t.eq(info.version, 1)
  t.eq(info.variant, "RFC4122")
  t.eq(info.node, "00c04fd430c8")
  t.eq(info.timestamp, 886630433)
  t.ok(math.abs(uuid.parse(uuid.v1()).timestamp - os.time()) <= 2)
  t.ok(math.abs(uuid.parse(uuid.v7()).timestamp - os.time()) <= 2)
  info = uuid.parse(uuid.v4())
  t.eq(info.timestamp, nil)
  t.eq(info.node, nil)
  t.eq(uuid.parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").timestamp, 1645557742)
  t.eq(uuid.variant("00000000-0000-0000-0000-000000000000"), "NCS")
  t.eq(uuid.variant("00000000-0000-0000-d000-000000000000"), "Microsoft")
  t.eq(uuid.variant("ffffffff-ffff-ffff-ffff-ffffffffffff"), "Future")
  t.eq(uuid.format(id), id)
  t.eq(uuid.format(id, "standard"), id)
  t.eq(uuid.format(id, "simple"), "6ba7b8109dad11d180b400c04fd430c8")
  t.eq(uuid.format(id, "urn"), "urn:uuid:" .. id)
  for _, text in ipairs{ id:upper(), "urn:uuid:" .. id, "URN:UUID:" .. id, "{" .. id .. "}", id:gsub("-", "") .. "" } do
    t.eq(uuid.validate(text), true, text)
    t.eq(uuid.format(text), id)
  end
  t.fails(errors.INVALID, uuid.format(id, "braced"))
  t.fails(errors.INVALID, uuid.format(id, {}))
  for _, bad in ipairs{ "", "x", id .. "0", id:sub(2), "g" .. id:sub(2), id:gsub("-", "_") .. "", ("\0"):rep(36), "urn:uuix:" .. id } do
    t.eq(uuid.validate(bad), false, bad)
    t.fails(errors.INVALID, uuid.parse(bad))
  end
  for _, f in ipairs{ uuid.parse, uuid.version, uuid.variant, uuid.format } do
    t.fails(errors.INVALID, f(nil))
    t.fails(errors.INVALID, f(7))
    t.eq(f("no"), nil)
  end
  t.eq(uuid.validate(nil), false)
  t.eq(uuid.validate({}), false)
  return true
end }

--@ test [logger] logger arguments
return { main = function()
  t.eq(select("#", logger:info("m")), 0)
  t.eq(select("#", logger:debug("m", {})), 0)
  t.eq(pcall(logger.info, "m"), false)
  t.eq(pcall(logger.info, {}, "m"), false)
  t.eq(pcall(logger.info, logger), false)
  t.eq(pcall(logger.info, logger, nil), false)
  t.eq(pcall(logger.info, logger, {}), false)
  t.eq(pcall(logger.info, logger, "m", "fields"), false)
  t.eq(pcall(logger.with, logger, 5), false)
  t.eq(pcall(logger.with, logger), false)
  t.eq(pcall(logger.named, logger, ""), false)
  t.eq(pcall(logger.named, logger), false)
  t.eq(pcall(function() logger:with({}).extra = 1 end), false)
  t.eq(type(logger:with({})), "userdata")
  t.eq(logger:with({}):named("x"):error("m"), nil)
  return true
end }

--@ test [json] json.validate
return { main = function()
  local schema = {
    type = "object", required = { "name" },
    properties = { name = { type = "string", minLength = 1 }, age = { type = "integer", minimum = 0 }, any = {} },
  }
  t.eq(json.validate(schema, { name = "Ann", age = 5, any = { 1 } }), true)
  t.eq(select("#", json.validate(schema, { name = "Ann" })), 1)
  t.has(t.refuses(errors.INVALID, json.validate(schema, { name = "" })), "minLength")
  t.refuses(errors.INVALID, json.validate(schema, { age = 5 }))
  t.refuses(errors.INVALID, json.validate(schema, nil))
  local first = json.validate(schema, { name = 5 })
  t.eq(first, false)
  local text = json.encode(schema)
  t.eq(json.validate(text, { name = "Ann" }), true)
  t.refuses(errors.INVALID, json.validate(text, { name = "Ann", age = -1 }))
  t.eq(json.validate_string(schema, '{"name":"Ann"}'), true)
  t.eq(json.validate_string(text, '{"name":"Ann"}'), true)
  t.refuses(errors.INVALID, json.validate_string(schema, '{"name":7}'))
  t.refuses(errors.INVALID, json.validate_string(schema, '{"name":'))
  t.refuses(errors.INVALID, json.validate_string(schema, ""))
  t.refuses(errors.INVALID, json.validate_string(schema, 5))
  t.refuses(errors.INVALID, json.validate_string(schema))
  t.refuses(errors.INVALID, json.validate(nil, {}))
  t.refuses(errors.INVALID, json.validate({ type = "object", [1] = 2 }, {}))
  t.refuses(errors.INVALID, json.validate({ type = "no such" }, {}))
  t.refuses(errors.INVALID, json.validate(schema, { name = print }))
  t.eq(json.validate({}, 5), true)
  return true
end }
