--@ entry app.test:makes_many
local time = require("time")
return { main = function()
  for _ = 1, 20000 do time.after("60s") end
  return collectgarbage("count") < 8000
end }

--@ test C-274 sleep
return { main = function()
  for _, case in ipairs{ { "10ms", 10 }, { "5ms", 5 }, { 5 * time.MILLISECOND, 5 }, { time.milliseconds(10), 10 },
                         { time.parse_duration("10ms"), 10 }, { time.seconds(0.01), 10 } } do
    local before = time.now()
    t.eq(select("#", time.sleep(case[1])), 0)
    local ms = time.now():sub(before):milliseconds()
    t.ok(ms >= case[2] and ms < case[2] + 90, ms)
  end
  local before = time.now()
  time.sleep(0)
  time.sleep("-5s")
  t.ok(time.now():sub(before):milliseconds() < 90)
  return true
end }

--@ test C-274 a sleep of nothing still gives the others a turn
return { main = function()
  local seen = ""
  coroutine.spawn(function() seen = seen .. "b" end)
  seen = seen .. "a"
  time.sleep(0)
  seen = seen .. "c"
  t.eq(seen, "abc")
  return true
end }

--@ test C-275 bad durations do not raise
return { main = function()
  for _, bad in ipairs{ "abc", "", "1d", "5", "1 s", {}, true, print, 0 / 0, 1e300, time.now() } do
    local err = t.fails(errors.INVALID, time.sleep(bad))
    t.eq(err:retryable(), false)
  end
  t.fails(errors.INVALID, time.sleep())
  t.fails(errors.INVALID, time.sleep(nil))
  t.has(select(2, time.sleep("abc")), "abc")
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
  t.eq(v:location(), time.localtz)
  v, ok = ch:receive()
  t.eq(v, nil)
  t.eq(ok, false)
  t.eq(channel.select{ ch:case_receive() }.ok, false)
  return true
end }

--@ test C-277 waits of nothing or less
return { main = function()
  for name, f in pairs{ after = time.after, timer = time.timer, ticker = time.ticker } do
    for _, d in ipairs{ 0, "0", "-1s", -5, time.seconds(0), time.seconds(-1) } do
      local err = t.fails(errors.INVALID, f(d))
      t.eq(tostring(err), "time." .. name .. ": duration must be > 0")
      t.eq(err:retryable(), false)
    end
    for _, d in ipairs{ "x", "", {}, true } do t.eq(t.fails(errors.INVALID, f(d)):retryable(), false) end
    t.fails(errors.INVALID, f())
  end
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

--@ test C-279 stopped timers
return { main = function()
  local x = time.timer("20ms")
  t.ok(x:response() == x:channel() and x:channel() == x:channel())
  t.eq(x:stop(), true)
  local v, ok = x:response():receive()
  t.eq(v, nil)
  t.eq(ok, false)
  t.eq(x:stop(), false)
  time.sleep("40ms")
  v, ok = x:channel():receive()
  t.eq(ok, false, "fired after stop")
  x = time.timer("5ms")
  v, ok = x:channel():receive()
  t.eq(ok, true)
  t.eq(type(v:unix()), "number")
  t.eq(x:stop(), false)
  v, ok = x:channel():receive()
  t.eq(v, nil)
  t.eq(ok, false)
  x = time.timer("5ms")
  time.sleep("30ms")
  t.eq(x:stop(), false, "stop after firing, nothing received")
  return true
end }

--@ test C-280 reset timers
return { main = function()
  local x = time.timer("100ms")
  t.eq(x:reset("5ms"), true)
  local before = time.now()
  local _, ok = x:channel():receive()
  t.eq(ok, true)
  t.ok(time.now():sub(before):milliseconds() < 90)
  t.eq(x:reset("60s"), false)
  t.eq(x:stop(), false, "armed again")
  _, ok = x:channel():receive()
  t.eq(ok, false)
  x = time.timer("10ms")
  t.eq(x:reset("300ms"), true)
  t.silent(x:channel(), "60ms")  -- the old expiry never fires
  t.eq(x:stop(), true)
  t.eq(x:reset("60s"), false)
  t.eq(x:stop(), false, "armed after stop")
  for _, bad in ipairs{ 0, "0", "-1s", "x", {}, true, time.seconds(0) } do t.eq(pcall(x.reset, x, bad), false) end
  t.eq(pcall(x.reset, x), false)
  t.eq(pcall(x.reset, "x", "1s"), false)
  return true
end }

--@ test C-281 tickers
return { main = function()
  local x = time.ticker("5ms")
  t.ok(x:response() == x:channel())
  local first, last = time.now(), nil
  for _ = 1, 4 do
    local v, ok = x:channel():receive()
    t.eq(ok, true)
    t.ok(not last or last:before(v))
    last = v
  end
  t.ok(time.now():sub(first):milliseconds() >= 18)
  time.sleep("20ms")
  t.eq(x:stop(), true)
  local v, ok = x:channel():receive()
  t.eq(v, nil)
  t.eq(ok, false)
  time.sleep("20ms")
  v, ok = x:channel():receive()
  t.eq(ok, false)
  t.eq(x.reset, nil)
  x = time.ticker("1ms")
  time.sleep("60ms")
  local n = 0
  while channel.select{ x:channel():case_receive(), default = true }.channel do n = n + 1 end
  t.ok(n >= 16 and n <= 17, n)
  t.eq(pcall(x.stop), false)
  return true
end }

--@ test C-282 constants
return { main = function()
  local numbers = { NANOSECOND = 1, MICROSECOND = 1000, MILLISECOND = 1000000, SECOND = 1000000000, MINUTE = 60000000000,
                    HOUR = 3600000000000 }
  local months = { "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER",
                   "NOVEMBER", "DECEMBER" }
  local days = { "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY" }
  for i, name in ipairs(months) do numbers[name] = i end
  for i, name in ipairs(days) do numbers[name] = i - 1 end
  for name, value in pairs(numbers) do
    t.eq(time[name], value, name)
    t.eq(math.type(time[name]), "integer", name)
  end
  for name, layout in pairs{
    RFC3339 = "2006-01-02T15:04:05Z07:00", RFC3339NANO = "2006-01-02T15:04:05.999999999Z07:00",
    RFC822 = "02 Jan 06 15:04 MST", RFC822Z = "02 Jan 06 15:04 -0700", RFC850 = "Monday, 02-Jan-06 15:04:05 MST",
    RFC1123 = "Mon, 02 Jan 2006 15:04:05 MST", RFC1123Z = "Mon, 02 Jan 2006 15:04:05 -0700", KITCHEN = "3:04PM",
    STAMP = "Jan _2 15:04:05", STAMP_MILLI = "Jan _2 15:04:05.000", STAMP_MICRO = "Jan _2 15:04:05.000000",
    STAMP_NANO = "Jan _2 15:04:05.000000000", DATE_TIME = "2006-01-02 15:04:05", DATE_ONLY = "2006-01-02",
    TIME_ONLY = "15:04:05",
  } do
    t.eq(time[name], layout, name)
  end
  t.eq(pcall(function() time.SECOND = 1 end), false)
  t.eq(time.SECOND, 1000000000)
  t.eq(time.NOTHING, nil)
  return true
end }

--@ test C-282 weekdays and months of real dates
return { main = function()
  for day = 0, 6 do
    local d = time.date(2023, time.JANUARY, 1 + day, 0, 0, 0, 0, time.utc)
    t.eq(d:weekday(), day)
  end
  t.eq(time.date(2023, 1, 1, 0, 0, 0, 0, time.utc):weekday(), time.SUNDAY)
  for month = 1, 12 do t.eq(time.date(2023, month, 1, 0, 0, 0, 0, time.utc):month(), month) end
  return true
end }

--@ test C-283 dates and layouts
return { main = function()
  local d = time.date(2024, 12, 29, 15, 4, 5, 0, time.utc)
  t.eq(d:format("Mon Jan 2 15:04:05 MST 2006"), "Sun Dec 29 15:04:05 UTC 2024")
  t.eq(time.date(2024, 13, 1, 0, 0, 0, 0, time.utc):format_rfc3339(), "2025-01-01T00:00:00Z")
  t.eq(time.date(2024, 0, 0, -1, 60, -1, 1000000000, time.utc):format_rfc3339(), "2023-11-30T00:00:00Z")
  t.eq(time.date(2024, 2, 30, 25, 61, 61, -1, time.utc):format(time.RFC3339NANO), "2024-03-02T02:02:00.999999999Z")
  t.eq(time.date(2024, 1, 2, 3, 4, 5, 6):location(), time.localtz)
  t.eq(time.date(2024, 1, 2, 3, 4, 5, 6):format("2006-01-02 15:04:05.000000000"), "2024-01-02 03:04:05.000000006")
  for _, bad in ipairs{ "UTC", 0, {}, true, time.now() } do
    t.eq(pcall(time.date, 2024, 1, 2, 3, 4, 5, 6, bad), false)
  end
  t.eq(pcall(time.date, 2024, 1, 2, 3, 4, 5), false)
  t.eq(pcall(time.date), false)
  t.eq(pcall(time.date, 2024, "x", 2, 3, 4, 5, 6), false)
  t.eq(pcall(time.date, math.maxinteger, 1, 1, 0, 0, 0, 0), false)
  t.eq(time.date(9999, 12, 31, 23, 59, 59, 999999999, time.utc):format(time.RFC3339NANO), "9999-12-31T23:59:59.999999999Z")
  t.eq(time.date(123456, 1, 1, 0, 0, 0, 0, time.utc):format("2006 06"), "123456 56")
  t.eq(time.date(-5, 1, 1, 0, 0, 0, 0, time.utc):format("2006 06"), "-0005 00")
  return true
end }

--@ test C-283 every token of a layout
return { main = function()
  local zone = time.fixed_zone("PST", -8 * 3600)
  local d = time.date(2009, 2, 4, 21, 0, 57, 12345600, zone)
  for layout, text in pairs{
    ["Mon Jan _2 15:04:05 2006"] = "Wed Feb  4 21:00:57 2009",
    ["Mon Jan _2 15:04:05 MST 2006"] = "Wed Feb  4 21:00:57 PST 2009",
    ["Mon Jan 02 15:04:05 -0700 2006"] = "Wed Feb 04 21:00:57 -0800 2009",
    [time.RFC822] = "04 Feb 09 21:00 PST", [time.RFC822Z] = "04 Feb 09 21:00 -0800",
    [time.RFC850] = "Wednesday, 04-Feb-09 21:00:57 PST", [time.RFC1123] = "Wed, 04 Feb 2009 21:00:57 PST",
    [time.RFC1123Z] = "Wed, 04 Feb 2009 21:00:57 -0800", [time.RFC3339] = "2009-02-04T21:00:57-08:00",
    [time.RFC3339NANO] = "2009-02-04T21:00:57.0123456-08:00", [time.KITCHEN] = "9:00PM",
    [time.STAMP] = "Feb  4 21:00:57", [time.STAMP_MILLI] = "Feb  4 21:00:57.012",
    [time.STAMP_MICRO] = "Feb  4 21:00:57.012345", [time.STAMP_NANO] = "Feb  4 21:00:57.012345600",
    [time.DATE_TIME] = "2009-02-04 21:00:57", [time.DATE_ONLY] = "2009-02-04", [time.TIME_ONLY] = "21:00:57",
    ["2006 06"] = "2009 09", ["01 1 Jan January"] = "02 2 Feb February", ["02 2 _2 002"] = "04 4  4 035",
    ["15 03 3"] = "21 09 9", ["04 4"] = "00 0", ["05 5"] = "57 57", ["PM pm"] = "PM pm",
    ["Mon Monday"] = "Wed Wednesday", ["MST"] = "PST",
    ["Z07:00 Z0700 -07:00 -0700 -07"] = "-08:00 -0800 -08:00 -0800 -08",
    ["5.000000 5,000 5.9 5.99 5.999999999 5,999"] = "57.012345 57,012 57 57.01 57.0123456 57,012",
    ["Hi Janet, the Month is January"] = "Hi Janet, the Month is February", ["_2006 a.b.c"] = "_2009 a.b.c",
    [""] = "", ["no token: x"] = "no token: x",
  } do
    t.eq(d:format(layout), text, layout)
  end
  local morning = time.date(2009, 2, 14, 0, 5, 9, 0, time.utc)
  t.eq(morning:format("3 03 PM pm 15 4 5 _2 Z07:00 Z0700 -07:00"), "12 12 AM am 00 5 9 14 Z Z +00:00")
  t.eq(time.date(2009, 2, 14, 0, 0, 0, 0, time.fixed_zone("", 19800)):format("MST Z07:00"), "+0530 +05:30")
  t.eq(pcall(d.format, d), false)
  t.eq(pcall(d.format, d, {}), false)
  t.eq(pcall(d.format, d, string.rep("x", 5000)), false)
  t.eq(pcall(d.format, "x", "2006"), false)
  return true
end }

--@ test C-284 parse
return { main = function()
  local err = t.fails(errors.INVALID, time.parse("2006-01-02", "invalid-date"))
  t.eq(err:retryable(), false)
  t.has(err, 'cannot parse "invalid-date" as "2006"')
  local d = time.parse("2006-01-02", "2024-12-29")
  t.eq(d:format("2006-01-02 15:04:05.999"), "2024-12-29 00:00:00")
  t.eq(d:location(), time.localtz)
  local ny = time.load_location("America/New_York")
  d = time.parse("2006-01-02 15:04", "2024-07-01 08:30", ny)
  t.eq(d:format("15:04 MST -0700"), "08:30 EDT -0400")
  t.eq(d:location(), ny)
  d = time.parse(time.RFC3339, "2024-12-29T15:04:05+05:30", ny)  -- the zone in the text wins
  t.eq(d:unix(), 1735464845)
  t.eq(d:format_rfc3339(), "2024-12-29T15:04:05+05:30")
  t.eq(time.parse(time.RFC3339, "2024-12-29T15:04:05Z", ny):location(), time.utc)
  t.eq(time.parse(time.RFC3339, "2024-12-29T15:04:05.25Z"):nanosecond(), 250000000)
  d = time.parse(time.RFC1123, "Sun, 29 Dec 2024 15:04:05 EST", ny)
  t.eq(d:unix(), 1735502645)
  t.eq(d:location(), ny)
  d = time.parse(time.RFC1123, "Sun, 29 Dec 2024 15:04:05 XYZ", ny)  -- unknown to that zone: as if UTC
  t.eq(d:unix(), 1735484645)
  t.eq(d:format("MST -0700"), "XYZ +0000")
  t.eq(time.parse("MST 15", "GMT-3 10", time.utc):format("MST -07 15"), "GMT-3 -03 10")
  t.eq(time.parse(time.KITCHEN, "3:04PM", time.utc):format("2006-01-02 15:04"), "0000-01-01 15:04")
  t.eq(time.parse("3:04pm", "12:04am", time.utc):hour(), 0)
  t.eq(time.parse("2006 002", "2024 366", time.utc):format(time.DATE_ONLY), "2024-12-31")
  t.eq(time.parse("Monday January _2 06", "wednesday FEBRUARY  4 69", time.utc):year(), 1969)
  t.eq(time.parse("Jan 2 06", "feb 4 68", time.utc):year(), 2068)
  for text, layout in pairs{
    ["2024-13-01"] = "2006-01-02", ["2024-02-30"] = "2006-01-02", ["2023-02-29"] = "2006-01-02", ["2024-1-02"] = "2006-01-02",
    ["24:00"] = "15:04", ["23:60"] = "15:04", ["13:00PM"] = "3:04PM", ["3:04Pm"] = "3:04PM", ["Wen"] = "Mon", ["5.0"] = "5.00",
    ["2024 366 x"] = "2006 002", ["2023 366"] = "2006 002", ["2023 01 032"] = "2006 01 002", ["+05"] = "-0700", ["0500"] = "-0700",
    ["+25:00"] = "-07:00", ["Zulu"] = "Z07:00", ["es"] = "MST", ["2024x"] = "2006", ["ab"] = "abc", ["2024-01-02T03:04:61Z"] = time.RFC3339,
  } do
    t.eq(t.fails(errors.INVALID, time.parse(layout, text)):retryable(), false)
  end
  t.has(select(2, time.parse("2006-01-02", "2024-13-01")), "month out of range")
  t.has(select(2, time.parse("2006", "2024x")), 'extra text: "x"')
  t.fails(errors.INVALID, time.parse("2006", string.rep("x", 5000)))
  t.eq(pcall(time.parse, "2006", "2024", "UTC"), false)
  t.eq(pcall(time.parse, "2006"), false)
  t.eq(pcall(time.parse, {}, "2024"), false)
  return true
end }

--@ test C-285 durations
return { main = function()
  local d = time.parse_duration("1h30m45s")
  t.eq(d:seconds(), 5445.0)
  t.eq(math.type(d:seconds()), "float")
  t.eq(d:minutes(), 90.75)
  t.eq(d:hours(), 1.5125)
  t.eq(tostring(d), "1h30m45s")
  d = time.parse_duration("1.9999999s")
  for name, value in pairs{ nanoseconds = 1999999900, microseconds = 1999999, milliseconds = 1999 } do
    t.eq(d[name](d), value, name)
    t.eq(math.type(d[name](d)), "integer", name)
  end
  t.eq(time.parse_duration("-1.5ms"):milliseconds(), -1)
  local err = t.fails(errors.INVALID, time.parse_duration("invalid"))
  t.eq(err:retryable(), false)
  for text, shown in pairs{ ["1500ms"] = "1.5s", ["250ms"] = "250ms", ["0"] = "0s", ["+0"] = "0s", ["-1.5h"] = "-1h30m0s",
                            ["1us"] = "1µs", ["1µs"] = "1µs", ["1μs"] = "1µs", ["2m"] = "2m0s", ["1.5us"] = "1.5µs",
                            [".5s"] = "500ms", ["1.s"] = "1s", ["7ns"] = "7ns", ["+5s"] = "5s", ["1h1h"] = "2h0m0s",
                            ["1s1m"] = "1m1s", ["100h"] = "100h0m0s", ["1h0.5s"] = "1h0m0.5s" } do
    t.eq(tostring(time.parse_duration(text)), shown, text)
  end
  for _, bad in ipairs{ "", "5", "s", "1 s", "1d", "1s ", " 1s", "--1s", "1..5s", "9223372036854775808ns", ".", "-", "1S", "0d",
                        string.rep("1ns", 5000) } do
    t.fails(errors.INVALID, time.parse_duration(bad))
  end
  for _, bad in ipairs{ {}, true, print } do t.fails(errors.INVALID, time.parse_duration(bad)) end
  t.fails(errors.INVALID, time.parse_duration())
  t.eq(time.parse_duration("9223372036854775807ns"):nanoseconds(), math.maxinteger)
  t.eq(time.parse_duration("-9223372036854775808ns"):nanoseconds(), math.mininteger)
  t.eq(time.parse_duration(1500):nanoseconds(), 1500)
  t.eq(time.parse_duration(time.parse_duration("2s")):seconds(), 2.0)
  t.eq(pcall(d.seconds), false)
  t.eq(pcall(d.seconds, 5), false)
  t.eq(pcall(function() d.x = 1 end), false)
  t.eq(getmetatable(d), false)
  return true
end }

--@ test C-286 locations
return { main = function()
  local err = t.fails(errors.INVALID, time.load_location(""))
  t.has(err, "empty location name")
  t.eq(err:retryable(), false)
  err = t.fails(errors.NOT_FOUND, time.load_location("Invalid/Location"))
  t.eq(err:retryable(), false)
  t.has(err, "Invalid/Location")
  for _, name in ipairs{ "America", "america/new_york", "../../../etc/passwd", "/etc/localtime", "/usr/share/zoneinfo/Europe/Paris",
                         "America/../Europe/Paris", "America//New_York", "America/New_York/", "America/New_York\0x", "zone.tab",
                         "leapseconds", "localtime", "utc", "local", "libc:localtime", "file:Europe/Paris", "Fixed/UTC+01:00:00",
                         string.rep("x", 5000) } do
    err = t.fails(errors.NOT_FOUND, time.load_location(name))
    t.ok(not string.find(tostring(err), "zoneinfo", 1, true) or string.find(name, "zoneinfo", 1, true))
  end
  local ny = time.load_location("America/New_York")
  t.eq(tostring(ny), "America/New_York")
  t.eq(ny:string(), "America/New_York")
  t.eq("zone " .. ny, "zone America/New_York")
  t.eq(ny, time.load_location("America/New_York"))
  t.ok(ny ~= time.load_location("Europe/Paris"))
  local d = time.date(2024, 7, 1, 12, 0, 0, 0, time.utc)
  t.eq(d:in_location(ny):format("2006-01-02 15:04 MST -07:00"), "2024-07-01 08:00 EDT -04:00")
  t.eq(d:add_date(0, 6, 0):in_location(ny):format("2006-01-02 15:04 MST -07:00"), "2025-01-01 07:00 EST -05:00")
  t.eq(time.date(2524, 7, 1, 12, 0, 0, 0, ny):format("MST"), "EDT")  -- the last rule goes on for ever
  t.eq(d:in_location(time.load_location("Asia/Kathmandu")):format("15:04 MST Z07:00"), "17:45 +0545 +05:45")
  t.eq(time.date(1900, 1, 1, 0, 0, 0, 0, time.load_location("Europe/Paris")):format("-07:00:00"), "+00:09:21")
  t.eq(time.load_location("UTC"), time.utc)
  t.eq(time.load_location("Local"), time.localtz)
  t.eq(time.utc:string(), "UTC")
  t.eq(time.localtz:string(), "Local")
  t.eq(type(time.utc), "userdata")
  t.ok(rawequal(time.utc, time.utc) and rawequal(d:location(), time.utc))
  local f = time.fixed_zone("X", -3 * 3600 - 1800)
  t.eq(f:string(), "X")
  t.eq(d:in_location(f):format("15:04 MST -0700"), "08:30 X -0330")
  t.eq(f, time.fixed_zone("X", -12600))
  t.ok(f ~= time.fixed_zone("Y", -12600) and f ~= time.fixed_zone("X", 0))
  t.eq(pcall(time.fixed_zone, "X"), false)
  t.eq(pcall(time.fixed_zone, {}, 1), false)
  t.eq(pcall(time.fixed_zone, "X", 1 << 40), false)
  t.eq(pcall(time.load_location, {}), false)
  t.eq(pcall(f.string), false)
  t.eq(pcall(f.string, d), false)
  t.eq(pcall(function() f.x = 1 end), false)
  t.eq(getmetatable(f), false)
  return true
end }

--@ test C-286 what a change of the offset does
return { main = function()
  local ny = time.load_location("America/New_York")
  -- 2024-03-10 02:30 is never shown, 2024-11-03 01:30 twice: right by one of the two offsets
  local never = time.date(2024, 3, 10, 2, 30, 0, 0, ny)
  t.ok(never:format("15:04 MST") == "01:30 EST" or never:format("15:04 MST") == "03:30 EDT")
  local twice = time.date(2024, 11, 3, 1, 30, 0, 0, ny)
  t.eq(twice:format("15:04"), "01:30")
  t.eq(time.date(2024, 3, 10, 1, 59, 59, 0, ny):add("1s"):format("15:04:05 MST"), "03:00:00 EDT")
  t.eq(time.date(2024, 3, 9, 12, 0, 0, 0, ny):add_date(0, 0, 1):sub(time.date(2024, 3, 9, 12, 0, 0, 0, ny)):hours(), 23.0)
  return true
end }

--@ test C-287 arithmetic
return { main = function()
  local a = time.unix(1700000000, 5)
  t.eq(a:unix(), 1700000000)
  t.eq(a:unix_nano(), 1700000000000000005)
  t.eq(a:location(), time.localtz)
  local b = a:add("30m")
  t.eq(b:unix(), 1700001800)
  t.eq(tostring(b:sub(a)), "30m0s")
  t.eq(tostring(a:sub(b)), "-30m0s")
  t.eq(a:add(time.HOUR):sub(a):hours(), 1.0)
  t.eq(a:add(time.parse_duration("1.5s")):unix_nano(), 1700000001500000005)
  t.eq(a:add(time.seconds(-1)):unix(), 1699999999)
  t.eq(a:add(-6):unix_nano(), 1699999999999999999)
  for _, bad in ipairs{ "abc", {}, true, a } do t.eq(pcall(a.add, a, bad), false) end
  t.eq(pcall(a.add, a), false)
  t.eq(pcall(a.sub, a, 5), false)
  t.eq(pcall(a.sub, 5, a), false)
  t.eq(pcall(a.add, "x", 5), false)
  t.eq(time.unix(0, -1):unix_nano(), -1)
  t.eq(time.unix(1, 2500000000):unix_nano(), 3500000000)
  t.eq(time.unix(5):unix(), 5)
  t.eq(pcall(time.unix), false)
  t.eq(time.date(9999, 1, 1, 0, 0, 0, 0, time.utc):sub(time.date(1, 1, 1, 0, 0, 0, 0, time.utc)):nanoseconds(), math.maxinteger)
  t.eq(pcall(a.add, time.unix(math.maxinteger), "2s"), false)
  local base = time.date(2023, 1, 31, 10, 20, 30, 40, time.utc)
  for _, case in ipairs{ { 0, 1, 0, "2023-03-03" }, { 1, 1, 0, "2024-03-02" }, { 0, 0, 1, "2023-02-01" }, { 0, 0, -31, "2022-12-31" },
                         { 1, 0, 0, "2024-01-31" }, { -1, -1, -1, "2021-12-30" }, { 0, 25, 0, "2025-03-03" }, { 0, 0, 0, "2023-01-31" } } do
    t.eq(base:add_date(case[1], case[2], case[3]):format("2006-01-02 15:04:05.999999999"), case[4] .. " 10:20:30.00000004")
  end
  t.eq(pcall(base.add_date, base, 1, 2), false)
  t.eq(pcall(base.add_date, base, "x", 1, 2), false)
  t.eq(pcall(base.add_date, base, math.maxinteger, 0, 0), false)
  return true
end }

--@ test C-287 order
return { main = function()
  local a = time.unix(1700000000, 5)
  local b = a:add(1)
  t.ok(a:before(b) and b:after(a) and not a:equal(b) and not a:after(b) and not b:before(a) and not a:before(a))
  t.ok(a:equal(a:add(0)) and a:equal(a:utc()) and a:utc() == a:in_location(time.fixed_zone("X", 3600)))
  t.ok(a < b and a <= b and b > a and a ~= b and a <= a:utc())
  for _, f in ipairs{ a.before, a.after, a.equal } do
    t.eq(pcall(f, a, 5), false)
    t.eq(pcall(f, a), false)
    t.eq(pcall(f, "x", a), false)
  end
  t.eq(a == "x", false)
  local last = time.now()
  for _ = 1, 1000 do
    local now = time.now()
    t.ok(now:sub(last):nanoseconds() >= 0 and not now:before(last))
    last = now
  end
  return true
end }

--@ test C-287 round and truncate
return { main = function()
  local a = time.date(2012, 12, 7, 12, 15, 30, 918273645, time.utc)
  local shown = function(x) return x:format("15:04:05.999999999") end
  for d, want in pairs{
    ["1ns"] = { "12:15:30.918273645", "12:15:30.918273645" }, ["1us"] = { "12:15:30.918274", "12:15:30.918273" },
    ["1ms"] = { "12:15:30.918", "12:15:30.918" }, ["1s"] = { "12:15:31", "12:15:30" }, ["2s"] = { "12:15:30", "12:15:30" },
    ["1m"] = { "12:16:00", "12:15:00" }, ["10m"] = { "12:20:00", "12:10:00" }, ["1h"] = { "12:00:00", "12:00:00" },
  } do
    local D = time.parse_duration(d)
    t.eq(shown(a:round(D)), want[1], "round " .. d)
    t.eq(shown(a:truncate(D)), want[2], "truncate " .. d)
  end
  local half = time.date(2012, 12, 7, 12, 15, 30, 500000000, time.utc)
  t.eq(shown(half:round(time.seconds(1))), "12:15:31")  -- half up
  t.eq(shown(half:add(-1):round(time.seconds(1))), "12:15:30")
  -- multiples are counted from the zero time, a Monday, not from 1970 and not from local midnight
  t.eq(a:truncate(time.hours(24 * 7)):format("Mon 2006-01-02 15"), "Mon 2012-12-03 00")
  t.eq(a:in_location(time.fixed_zone("X", 5400)):truncate(time.hours(24)):format("2006-01-02 15:04 MST"), "2012-12-07 01:30 X")
  t.eq(time.date(0, 12, 31, 23, 59, 59, 1, time.utc):truncate(time.seconds(1)):format("2006 05.999999999"), "0000 59")
  t.ok(a:round(time.seconds(0)):equal(a) and a:truncate(time.seconds(-1)):equal(a))
  for _, f in ipairs{ a.round, a.truncate } do
    for _, bad in ipairs{ 1000, "1s", {}, true, a } do t.eq(pcall(f, a, bad), false) end
    t.eq(pcall(f, a), false)
    t.eq(pcall(f, 1, time.seconds(1)), false)
  end
  return true
end }

--@ test C-287 parts of a time
return { main = function()
  local a = time.date(2024, 2, 29, 13, 14, 15, 16, time.utc)
  local y, m, d = a:date()
  t.eq(y .. "-" .. m .. "-" .. d, "2024-2-29")
  local h, mi, s = a:clock()
  t.eq(h .. ":" .. mi .. ":" .. s, "13:14:15")
  t.eq(select("#", a:date()), 3)
  t.eq(select("#", a:clock()), 3)
  local parts = { year = 2024, month = 2, day = 29, hour = 13, minute = 14, second = 15, nanosecond = 16, weekday = 4, year_day = 60 }
  for name, value in pairs(parts) do
    t.eq(a[name](a), value, name)
    t.eq(math.type(a[name](a)), "integer", name)
    t.eq(pcall(a[name]), false, name)
    t.eq(pcall(a[name], {}), false, name)
  end
  t.eq(time.date(2024, 12, 31, 0, 0, 0, 0, time.utc):year_day(), 366)
  t.eq(time.date(2023, 1, 1, 0, 0, 0, 0, time.utc):year_day(), 1)
  local zero = time.date(1, 1, 1, 0, 0, 0, 0, time.utc)
  t.eq(zero:is_zero(), true)
  t.eq(zero:add(1):is_zero(), false)
  t.eq(zero:in_location(time.fixed_zone("X", 3600)):is_zero(), true)
  t.eq(time.date(1, 1, 1, 0, 0, 0, 0, time.fixed_zone("X", 3600)):is_zero(), false)
  t.eq(time.unix(0):is_zero(), false)
  t.eq(zero:unix(), -62135596800)
  t.eq(zero:weekday(), time.MONDAY)
  t.eq(a:format_rfc3339(), "2024-02-29T13:14:15Z")
  t.eq(time.unix(-1, 0):utc():format_rfc3339(), "1969-12-31T23:59:59Z")
  t.eq(time.unix(951782400):utc():format_rfc3339(), "2000-02-29T00:00:00Z")
  t.eq(type(time.now()), "userdata")
  t.eq(pcall(function() a.x = 1 end), false)
  t.eq(getmetatable(a), false)
  t.eq(a.nothing, nil)
  return true
end }

--@ test C-287 conversions
return { main = function()
  local a = time.date(2024, 2, 29, 13, 14, 15, 16, time.utc)
  local x = time.fixed_zone("X", 2 * 3600)
  local b = a:in_location(x)
  t.eq(b:hour(), 15)
  t.ok(rawequal(b:location(), x) and b:equal(a) and b:unix() == a:unix())
  t.ok(rawequal(b:add("1h"):location(), x) and rawequal(b:add_date(1, 0, 0):location(), x))
  t.ok(rawequal(b:truncate(time.hours(1)):location(), x))
  t.eq(b:utc():location(), time.utc)
  t.eq(b:utc():hour(), 13)
  t.eq(b:in_local():location(), time.localtz)
  t.ok(b:in_local():equal(a))
  t.eq(time.now():location(), time.localtz)
  t.eq(a:in_location(time.utc):location(), time.utc)
  t.eq(a:in_location(time.localtz):location(), time.localtz)
  for _, bad in ipairs{ "UTC", 0, {}, true, a } do t.eq(pcall(a.in_location, a, bad), false) end
  t.eq(pcall(a.in_location, a), false)
  for _, name in ipairs{ "utc", "in_local", "location" } do
    t.eq(pcall(a[name]), false)
    t.eq(pcall(a[name], x), false)
  end
  return true
end }

--@ test C-288 seconds wherever a duration is
return { main = function()
  for f, unit in pairs{ [time.seconds] = time.SECOND, [time.milliseconds] = time.MILLISECOND, [time.minutes] = time.MINUTE,
                        [time.hours] = time.HOUR } do
    t.eq(f(10):nanoseconds(), 10 * unit)
    t.eq(f(1.5):nanoseconds(), 3 * unit // 2)
    t.eq(f(-1):nanoseconds(), -unit)
    t.eq(f("2"):nanoseconds(), 2 * unit)
    t.eq(pcall(f), false)
    t.eq(pcall(f, "x"), false)
    t.eq(pcall(f, {}), false)
    t.eq(pcall(f, 1e300), false)
  end
  t.eq(time.seconds(10):seconds(), 10.0)
  t.ok(time.seconds(60) == time.minutes(1) and time.seconds(1) < time.minutes(1) and time.seconds(1) <= time.seconds(1))
  t.eq(time.parse_duration(time.seconds(10)):seconds(), 10.0)
  t.eq(time.unix(0):add(time.seconds(10)):unix(), 10)
  t.eq(time.unix(15):truncate(time.seconds(10)):unix(), 10)
  local ten_ms = time.seconds(0.01)
  time.sleep(ten_ms)
  t.eq(select(2, time.after(ten_ms):receive()), true)
  t.eq(select(2, time.timer(ten_ms):channel():receive()), true)
  local ticker = time.ticker(ten_ms)
  t.eq(select(2, ticker:channel():receive()), true)
  ticker:stop()
  local timer = time.timer(time.seconds(10))
  t.eq(timer:reset(ten_ms), true)
  t.eq(select(2, timer:channel():receive()), true)
  local before = time.now()
  t.eq(process.receive(ten_ms), nil)
  local waited = time.now():sub(before):milliseconds()
  t.ok(waited >= 10 and waited < 1000, waited)
  local pid = process.spawn("app.test:sleeps", "app:processes")
  t.eq(process.cancel(pid, time.seconds(10)), true)
  return true
end }

--@ entry app.test:sleeps
return { main = function() process.events():receive() end }

--@ test C-307 os and time agree
return { main = function()
  t.eq(math.type(os.time()), "integer")
  t.eq(string.find(tostring(os.time()), ".", 1, true), nil)
  t.ok(math.abs(time.now():unix() - os.time()) <= 1)
  for _, unix in ipairs{ 0, 1, 951782399, 1709164800, 1720000000, 1735689599, -86400, 4102444800 } do
    local a = time.unix(unix)
    t.eq(a:format("2006-01-02 15:04:05 -0700 MST"), os.date("%Y-%m-%d %H:%M:%S %z %Z", unix))
    t.eq(a:utc():format("Mon Jan _2 15:04:05 2006"), os.date("!%a %b %e %H:%M:%S %Y", unix))
    local p = os.date("*t", unix)
    local y, m, d = a:date()
    t.ok(p.year == y and p.month == m and p.day == d and p.hour == a:hour() and p.min == a:minute() and p.sec == a:second())
    t.ok(p.wday == a:weekday() + 1 and p.yday == a:year_day())
    t.eq(time.date(p.year, p.month, p.day, p.hour, p.min, p.sec, 0):unix(), unix)
    t.eq(os.time(p), unix)
  end
  return true
end }

--@ entry app.test:shows_time
return { main = function(a, d)
  return a:format("2006-01-02T15:04:05.999999999 -07:00 ") .. a:location():string() .. " " .. d
end }

--@ test C-287 times and durations between processes
return { main = function()
  local a = time.date(9999, 1, 2, 3, 4, 5, 678, time.utc)
  local shown = function(x) return t.run("app.test:shows_time", x, time.seconds(90)).value end
  t.eq(shown(a), "9999-01-02T03:04:05.000000678 +00:00 UTC 1m30s")
  t.eq(shown(a:in_location(time.fixed_zone("X", 5400))), "9999-01-02T04:34:05.000000678 +01:30  1m30s")
  local zero = time.date(1, 1, 1, 0, 0, 0, 0, time.utc)
  t.eq(shown(zero), "0001-01-01T00:00:00 +00:00 UTC 1m30s")
  t.fails(errors.INVALID, process.send(process.pid(), "x", time.utc))
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
