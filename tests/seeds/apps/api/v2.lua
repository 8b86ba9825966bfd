local function step(id, preserved_state, ...)
--@block 001-11
end
local function main(state)
  assert(state.pid == process.pid() and process.id() == "app.workers:v2")
  step("app.workers:v3", nil, state.count + 1)
end
return { main = main }
