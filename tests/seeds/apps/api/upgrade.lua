local function main()
  local current_state = { count = 1, pid = process.pid() }
--@block 000-05
end
return { main = main }
