-- The start of virtual time, in the local zone, by os.date, and in a named zone.
local time = require("time")

local function main()
  local now = time.now()
  print(now:format("2006-01-02 15:04 MST ") .. now:location())
  print(os.date("%Y-%m-%d %H:%M %Z"))
  local tokyo = assert(time.load_location("Asia/Tokyo"))
  print(now:in_location(tokyo):format("2006-01-02 15:04 MST ") .. tokyo)
  return 0
end

return { main = main }
