--@ test C-289 kinds
return { main = function()
  local want = { NOT_FOUND = "NotFound", ALREADY_EXISTS = "AlreadyExists", INVALID = "Invalid",
    PERMISSION_DENIED = "PermissionDenied", UNAVAILABLE = "Unavailable", INTERNAL = "Internal", CANCELED = "Canceled",
    CONFLICT = "Conflict", TIMEOUT = "Timeout", RATE_LIMITED = "RateLimited", UNKNOWN = "" }
  for k, v in pairs(want) do t.eq(errors[k], v, k) end
  t.eq(pcall(function() errors.INVALID = 1 end), false)
  return true
end }

--@ test C-290 C-291 new
return { main = function()
  local e = errors.new("m")
  t.eq(e:message(), "m")
  t.eq(e:kind(), "")
  t.eq(e:retryable(), nil)
  t.eq(e:details(), nil)
  local details = { list = { 1, 2 }, deep = { x = { y = "z" } } }
  e = errors.new{ message = "m", kind = errors.CONFLICT, retryable = false, details = details }
  details.list[1] = 9
  t.eq(e:kind(), "Conflict")
  t.eq(e:retryable(), false)
  t.eq(e:details().list[1], 1)
  t.eq(e:details().deep.x.y, "z")
  e:details().list[2] = 7
  t.eq(e:details().list[2], 2)
  t.eq(errors.new{ message = "m", details = {} }:details(), nil)
  t.eq(errors.new{ message = "m", kind = 5, retryable = "yes", details = 7 }:kind(), "")
  t.eq(pcall(errors.new, {}), false)
  t.eq(pcall(errors.new, { message = 5 }), false)
  t.eq(pcall(errors.new), false)
  return true
end }

--@ test C-292 C-293 text
return { main = function()
  local e, f = errors.new("one"), errors.new("two")
  t.eq("a: " .. e, "a: one")
  t.eq(e .. " b", "one b")
  t.eq(e .. f, "onetwo")
  t.eq(e .. 5, "one5")
  t.eq(pcall(function() return e .. nil end), false)
  t.eq(pcall(function() return e .. {} end), false)
  t.eq(tostring(e), "one")
  t.eq(type(e), "userdata")
  t.eq(string.format("%s!", e), "one!")
  return true
end }

--@ test C-294 C-295 is and wrap
return { main = function()
  local e = errors.new{ message = "m", kind = errors.TIMEOUT, retryable = true, details = { a = 1 } }
  t.eq(errors.is(e, errors.TIMEOUT), true)
  t.eq(errors.is(e, errors.INVALID), false)
  t.eq(errors.is(nil, errors.INVALID), false)
  t.eq(errors.is("s", errors.INVALID), false)
  t.eq(errors.is(errors.new("x"), errors.UNKNOWN), true)
  local w = errors.wrap(e, "while testing")
  t.eq(w:message(), "m")
  t.eq(w:kind(), "Timeout")
  t.eq(w:retryable(), true)
  t.eq(w:details().a, 1)
  t.has(w:stack(), "while testing")
  t.eq(errors.wrap("plain", "context"):message(), "plain")
  t.eq(pcall(errors.wrap, {}, "x"), false)
  return true
end }

--@ test C-296 as a string
return { main = function()
  local e = errors.new("thing not found here")
  t.eq(string.find(e, "not found"), 7)
  t.eq(e:find("not found", 1, true), 7)
  t.eq(e:match("^%a+"), "thing")
  t.eq(e:upper(), "THING NOT FOUND HERE")
  t.eq(string.len(e), 20)
  t.eq(string.sub(e, 1, 5), "thing")
  t.eq((e:gsub("thing", "x")), "x not found here")
  return true
end }

--@ test C-297 stack
return { main = function()
  local function inner() return errors.new("x") end
  local e = inner()
  t.ok(#e:stack() > 0)
  local frame = errors.call_stack(e).frames[1]
  t.has(frame.source, "C-297")
  t.ok(frame.line > 0)
  t.eq(frame.name, "inner")
  t.eq(errors.call_stack("x"), nil)
  return true
end }

--@ test C-298 error keeps identity
return { main = function()
  local e = errors.new("x")
  local ok, got = pcall(error, e)
  t.ok(not ok and rawequal(got, e))
  ok, got = pcall(assert, nil, e)
  t.ok(rawequal(got, e))
  return true
end }

--@ test C-299 in a message
return { main = function()
  local ch = process.listen("x")
  local e = errors.new{ message = "m", kind = errors.INVALID, retryable = true, details = { k = { 1 } } }
  process.send(process.pid(), "x", { err = e, list = { e, e } })
  local v = t.take(ch)
  t.eq(v.err:kind(), "Invalid")
  t.eq(v.err:message(), "m")
  t.eq(v.err:retryable(), true)
  t.eq(v.err:details().k[1], 1)
  t.eq(v.list[2]:message(), "m")
  process.send(process.pid(), "x", e)
  t.eq(tostring(t.take(ch)), "m")
  return true
end }
