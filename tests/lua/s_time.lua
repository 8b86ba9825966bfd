--@ entry app.test:makes_many
local time = require("time")
return { main = function()
  for _ = 1, 20000 do time.after("60s") end
  return collectgarbage("count") < 8000
end }

--@ test C-274 sleep
return { main = function()
  for _, d in ipairs{ "10ms", 10 * time.MILLISECOND, time.milliseconds(10), time.parse_duration("10ms") } do
    local before = time.now()
    t.eq(select("#", time.sleep(d)), 0)
    local ms = time.now():sub(before):milliseconds()
    t.ok(ms >= 10 and ms < 100, ms)
  end
  time.sleep(0)
  time.sleep("-5s")
  return true
end }

--@ test C-275 C-277 bad durations
return { main = function()
  t.fails(errors.INVALID, time.sleep("abc"))
  t.fails(errors.INVALID, time.sleep())
  t.fails(errors.INVALID, time.sleep({}))
  for _, f in ipairs{ time.after, time.timer, time.ticker } do
    local err = t.fails(errors.INVALID, f(0))
    t.has(err, "duration must be > 0")
    t.eq(err:retryable(), false)
    t.fails(errors.INVALID, f("-1s"))
    t.fails(errors.INVALID, f("x"))
  end
  return true
end }

--@ test C-276 after
return { main = function()
  local before = time.now()
  local ch = time.after("10ms")
  local v, ok = ch:receive()
  t.eq(ok, true)
  t.eq(type(v), "userdata")
  t.ok(v:sub(before):milliseconds() >= 10)
  v, ok = ch:receive()
  t.eq(v, nil)
  t.eq(ok, false)
  t.eq(channel.select{ ch:case_receive() }.ok, false)
  return true
end }

--@ test C-278 the faster wins
return { main = function()
  local fast, slow = time.after("10ms"), time.after("500ms")
  local before = time.now()
  t.ok(channel.select{ slow:case_receive(), fast:case_receive() }.channel == fast)
  t.ok(time.now():sub(before):milliseconds() < 400)
  return true
end }

--@ test C-279 C-280 timers
return { main = function()
  local x = time.timer("1s")
  t.eq(x:stop(), true)
  local v, ok = x:response():receive()
  t.eq(ok, false)
  t.eq(x:stop(), false)
  x = time.timer("100ms")
  t.ok(x:response() == x:channel())
  t.eq(x:reset("5ms"), true)
  local before = time.now()
  v, ok = x:channel():receive()
  t.eq(ok, true)
  t.ok(time.now():sub(before):milliseconds() < 90)
  t.eq(x:reset("5ms"), false)
  t.eq(x:stop(), false)
  t.eq(pcall(x.reset, x, 0), false)
  return true
end }

--@ test C-281 tickers
return { main = function()
  local x = time.ticker("5ms")
  local last
  for _ = 1, 4 do
    local v, ok = x:channel():receive()
    t.eq(ok, true)
    t.ok(not last or last:before(v))
    last = v
  end
  t.eq(x:stop(), true)
  local _, ok = x:channel():receive()
  t.eq(ok, false)
  x = time.ticker("1ms")
  time.sleep("60ms")
  local n = 0
  while channel.select{ x:channel():case_receive(), default = true }.channel do n = n + 1 end
  t.ok(n >= 16 and n <= 17, n)
  return true
end }

--@ test C-282 constants
return { main = function()
  t.eq(time.SECOND, 1000000000)
  t.eq(math.type(time.HOUR), "integer")
  t.eq(time.HOUR, 3600 * time.SECOND)
  t.eq(time.MINUTE, 60 * time.SECOND)
  t.eq(time.MILLISECOND, 1000 * time.MICROSECOND)
  t.eq(time.NANOSECOND, 1)
  t.eq(time.JANUARY + time.DECEMBER, 13)
  t.eq(time.SUNDAY, 0)
  t.eq(time.SATURDAY, 6)
  return true
end }

--@ test C-285 durations
return { main = function()
  local d = time.parse_duration("1h30m45s")
  t.eq(d:seconds(), 5445.0)
  t.eq(tostring(d), "1h30m45s")
  t.eq(math.type(d:milliseconds()), "integer")
  t.fails(errors.INVALID, time.parse_duration("invalid"))
  for text, shown in pairs{ ["1500ms"] = "1.5s", ["250ms"] = "250ms", ["0"] = "0s", ["-1.5h"] = "-1h30m0s", ["1us"] = "1µs",
                            ["1µs"] = "1µs", ["2m"] = "2m0s", ["1.5us"] = "1.5µs", [".5s"] = "500ms", ["7ns"] = "7ns" } do
    t.eq(tostring(time.parse_duration(text)), shown, text)
  end
  for _, bad in ipairs{ "", "5", "s", "1 s", "1d", "1s ", "--1s", "1..5s", "9223372036854775808ns", "." } do
    t.fails(errors.INVALID, time.parse_duration(bad))
  end
  t.eq(time.parse_duration("9223372036854775807ns"):nanoseconds(), math.maxinteger)
  t.eq(time.parse_duration(1500):nanoseconds(), 1500)
  t.eq(time.seconds(1.5):milliseconds(), 1500)
  t.ok(time.seconds(60) == time.minutes(1) and time.seconds(1) < time.minutes(1))
  return true
end }

--@ test C-287 C-288 times
return { main = function()
  local a = time.unix(1700000000, 5)
  t.eq(a:unix(), 1700000000)
  t.eq(a:unix_nano(), 1700000000000000005)
  local b = a:add("30m")
  t.eq(b:unix(), 1700001800)
  t.eq(tostring(b:sub(a)), "30m0s")
  t.ok(a:before(b) and b:after(a) and not a:equal(b) and a:equal(a:add(0)))
  t.eq(a:add(time.HOUR):sub(a):hours(), 1.0)
  t.eq(a:add(time.seconds(-1)):unix(), 1699999999)
  t.eq(a:utc():format_rfc3339(), "2023-11-14T22:13:20Z")
  t.eq(time.unix(-1, 0):utc():format_rfc3339(), "1969-12-31T23:59:59Z")
  t.eq(time.unix(951782400):utc():format_rfc3339(), "2000-02-29T00:00:00Z")
  t.eq(time.unix(0, -1):unix_nano(), -1)
  t.ok(math.abs(time.now():unix() - os.time()) <= 1)
  t.eq(type(time.now()), "userdata")
  return true
end }

--@ test C-276 timers nobody can reach are collected
return { main = function()
  t.eq(t.run("app.test:makes_many").value, true)
  return true
end }

--@ test C-302 C-303 time only where it is listed
return { main = function()
  t.ok(require("time") == time)
  return true
end }

--@ entry app.test:unlisted nothing
return { main = function()
  local ok, err = pcall(require, "time")
  return tostring(ok) .. tostring(time) .. tostring(err)
end }

--@ test C-302 not listed
return { main = function()
  local v = t.run("app.test:unlisted").value
  t.has(v, "falsenil")
  t.has(v, "time")
  return true
end }
