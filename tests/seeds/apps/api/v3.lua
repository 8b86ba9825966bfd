-- Without an id the first call is refused, and the second one is reached.
local function step(id, preserved_state, ...)
--@block 001-11
end
local function main(state)
  if type(state) == "number" then step(false, { count = state + 1 }) end
  return process.id() .. " " .. state.count
end
return { main = main }
