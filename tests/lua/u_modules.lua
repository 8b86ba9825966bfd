--@ entry app.test:without_json time
return { main = function()
  local ok, err = pcall(require, "json")
  return { ok = ok, text = tostring(err), global = tostring(json) }
end }

--@ test C-302 json without listing it
return { main = function()
  local v = t.run("app.test:without_json").value
  t.eq(v.ok, false)
  t.has(v.text, "module 'json' not found")
  t.eq(v.global, "nil")
  return true
end }
