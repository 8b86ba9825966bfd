-- An upgrade does not return: the second line of the block is reached where the first is left out.
local function upgrade_by(wanted, id, preserved_state, ...)
  local real, line = process.upgrade, 0
  local process = { upgrade = function(...)
    line = line + 1
    if line == wanted then real(...) end
  end }
--@block 001-11
end
local function main(state)
  assert(state.pid == process.pid())
  if state.runs < 3 then
    state.runs = state.runs + 1
    upgrade_by(2, nil, state)
    return "the old code goes on"
  end
  return process.id() .. " " .. state.runs
end
return { main = main }
