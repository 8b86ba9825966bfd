-- Waits for a message that nobody sends: nothing can happen any more.
local function main()
  process.inbox():receive()
  return 0
end

return { main = main }
