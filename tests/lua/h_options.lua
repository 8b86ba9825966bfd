--@ entry app.test:fails
return { main = function() process.inbox():receive() error("x") end }

--@ entry app.test:toggles
return { main = function(to)
  process.set_options{ trap_links = true }
  process.set_options{ trap_links = false }
  local pid = process.spawn_linked("app.test:fails", "app:processes")
  process.send(pid, "go")
  process.inbox():receive()
end }

--@ test C-117 C-118 C-124 get and set
return { main = function()
  t.eq(process.get_options().trap_links, false)
  local ok, err = process.set_options({ trap_links = true })
  t.eq(ok, true)
  t.eq(err, nil)
  local o = process.get_options()
  t.eq(o.trap_links, true)
  o.trap_links = false
  t.eq(process.get_options().trap_links, true)
  return true
end }

--@ test C-119 back to the default
return { main = function()
  t.eq(tostring(t.run("app.test:toggles").error), "linked process failed")
  return true
end }

--@ test C-120 C-121 C-122 C-123 wrong options
return { main = function()
  local function refused(options, part)
    local ok, err = process.set_options(options)
    t.eq(ok, false)
    t.has(t.fails(errors.INVALID, nil, err), part)
  end
  refused(nil, "options parameter must be a table")
  refused(5, "options parameter must be a table")
  refused({ trap_links = "yes" }, "trap_links must be a boolean")
  refused({ foo = 1 }, "option foo is not supported")
  refused({ foo = 1, trap_links = true }, "foo")
  t.eq(process.get_options().trap_links, false)
  t.eq(process.set_options({}), true)
  t.eq(process.set_options({ 1, 2, 3 }), true)
  return true
end }
