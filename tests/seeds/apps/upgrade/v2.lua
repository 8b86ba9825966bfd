local function main(state)
  assert(state.pid == process.pid())
  return process.id() .. " " .. state.count + 1 .. " " .. process.listen("unread"):receive()
end
return { main = main }
