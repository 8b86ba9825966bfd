local function main()
  local current_state = { pid = process.pid(), count = 41 }
  assert(process.send(process.pid(), "unread", "kept"))
--@block 000-05
  return "the old code goes on"
end
return { main = main }
