---@meta os

---Time only: no files, no environment, no programs.
---@class wippy.os
---@field platform "wippy"
os = {}

---@class wippy.Date
---@field year integer
---@field month integer
---@field day integer
---@field hour integer
---@field min integer
---@field sec integer
---@field wday integer Sunday is 1
---@field yday integer
---@field isdst? boolean

---Seconds since 1970. Missing fields of the date are today's, missing parts of the time of day 0.
---@param date? { year?: integer, month?: integer, day?: integer, hour?: integer, min?: integer, sec?: integer, isdst?: boolean }
---@return integer
function os.time(date) end

---`"*t"` gives a table, `"!"` in front means UTC, unknown conversions stay as they are.
---@param format? string
---@param time? integer
---@return string|wippy.Date
---@overload fun(format: "*t"|"!*t", time?: integer): wippy.Date
function os.date(format, time) end

---Seconds since the runtime started.
---@return number
function os.clock() end

---@param later integer
---@param earlier integer
---@return number seconds
function os.difftime(later, earlier) end

return os
