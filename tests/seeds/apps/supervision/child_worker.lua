local time = require("time")
local function main()
  time.sleep("20ms")
  error("child failed")
end
return { main = main }
