local time = require("time")
local function main()
  if process.registry.lookup("mode fail") then error("worker failed") end
  if process.registry.lookup("mode sleep") then time.sleep("4s") end
  return "worker done"
end
return { main = main }
