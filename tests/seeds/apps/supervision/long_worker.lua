local time = require("time")
return { main = function() time.sleep("60s") end }
