---@meta time

---A Duration, a text like "1h30m", "1.5s", "250ms", or a number of nanoseconds (`5 * time.SECOND`).
---@alias wippy.DurationLike wippy.Duration|string|number

---`tostring` gives "1h30m45s", "1.5s", "250ms", "0s".
---@class wippy.Duration
local Duration = {}

---@return integer
function Duration:nanoseconds() end

---@return integer
function Duration:microseconds() end

---@return integer
function Duration:milliseconds() end

---@return number
function Duration:seconds() end

---@return number
function Duration:minutes() end

---@return number
function Duration:hours() end

---An instant and the zone it is shown in.
---@class wippy.Time
local Time = {}

---@param d wippy.DurationLike
---@return wippy.Time
function Time:add(d) end

---@param t wippy.Time
---@return wippy.Duration
function Time:sub(t) end

---Calendar arithmetic; January 31 and one month is March 2 or 3.
---@param years integer
---@param months integer
---@param days integer
---@return wippy.Time
function Time:add_date(years, months, days) end

---@param t wippy.Time
---@return boolean
function Time:before(t) end

---@param t wippy.Time
---@return boolean
function Time:after(t) end

---The same instant, whatever the zones.
---@param t wippy.Time
---@return boolean
function Time:equal(t) end

---@param layout string Go's reference time, `time.RFC3339` …
---@return string
function Time:format(layout) end

---@return string
function Time:format_rfc3339() end

---@return integer seconds since 1970
function Time:unix() end

---@return integer
function Time:unix_nano() end

---@return integer year
---@return integer month
---@return integer day
function Time:date() end

---@return integer hour
---@return integer minute
---@return integer second
function Time:clock() end

---@return integer
function Time:year() end

---@return integer
function Time:month() end

---@return integer
function Time:day() end

---@return integer
function Time:hour() end

---@return integer
function Time:minute() end

---@return integer
function Time:second() end

---@return integer
function Time:nanosecond() end

---@return integer Sunday is 0
function Time:weekday() end

---@return integer from 1
function Time:year_day() end

---January 1 of year 1, 00:00:00 UTC?
---@return boolean
function Time:is_zero() end

---@return wippy.Time
function Time:utc() end

---@return wippy.Time
function Time:in_local() end

---@param location wippy.Location
---@return wippy.Time
function Time:in_location(location) end

---@return wippy.Location
function Time:location() end

---To a multiple since the zero time, half up.
---@param d wippy.Duration
---@return wippy.Time
function Time:round(d) end

---@param d wippy.Duration
---@return wippy.Time
function Time:truncate(d) end

---@class wippy.Location
local Location = {}

---@return string
function Location:string() end

---@class wippy.Timer
local Timer = {}

---Gets one Time, then closes. The same channel each time.
---@return wippy.Channel
function Timer:response() end

---@return wippy.Channel
function Timer:channel() end

---@return boolean stopped false: it had fired or was stopped already
function Timer:stop() end

---@param d wippy.DurationLike
---@return boolean pending false: it had fired or was stopped; nothing happens
function Timer:reset(d) end

---@class wippy.Ticker
local Ticker = {}

---Times, of which 16 are kept unread.
---@return wippy.Channel
function Ticker:response() end

---@return wippy.Channel
function Ticker:channel() end

---@return true
function Ticker:stop() end

---@class wippy.time
---@field utc wippy.Location
---@field localtz wippy.Location
---@field NANOSECOND integer
---@field MICROSECOND integer
---@field MILLISECOND integer
---@field SECOND integer
---@field MINUTE integer
---@field HOUR integer
---@field JANUARY 1
---@field FEBRUARY 2
---@field MARCH 3
---@field APRIL 4
---@field MAY 5
---@field JUNE 6
---@field JULY 7
---@field AUGUST 8
---@field SEPTEMBER 9
---@field OCTOBER 10
---@field NOVEMBER 11
---@field DECEMBER 12
---@field SUNDAY 0
---@field MONDAY 1
---@field TUESDAY 2
---@field WEDNESDAY 3
---@field THURSDAY 4
---@field FRIDAY 5
---@field SATURDAY 6
---@field RFC3339 string
---@field RFC3339NANO string
---@field RFC822 string
---@field RFC822Z string
---@field RFC850 string
---@field RFC1123 string
---@field RFC1123Z string
---@field KITCHEN string
---@field STAMP string
---@field STAMP_MILLI string
---@field STAMP_MICRO string
---@field STAMP_NANO string
---@field DATE_TIME string
---@field DATE_ONLY string
---@field TIME_ONLY string
time = {}

---@param d wippy.DurationLike
---@return nil
---@return wippy.Error? err
function time.sleep(d) end

---A channel that gets one Time when d has passed and closes.
---@param d wippy.DurationLike
---@return wippy.Channel?
---@return wippy.Error? err
function time.after(d) end

---@param d wippy.DurationLike
---@return wippy.Timer?
---@return wippy.Error? err
function time.timer(d) end

---@param d wippy.DurationLike
---@return wippy.Ticker?
---@return wippy.Error? err
function time.ticker(d) end

---@return wippy.Time
function time.now() end

---Parts out of range are carried: month 13 is next January.
---@param year integer
---@param month integer
---@param day integer
---@param hour integer
---@param minute integer
---@param second integer
---@param nanosecond integer
---@param location? wippy.Location default: local
---@return wippy.Time
function time.date(year, month, day, hour, minute, second, nanosecond, location) end

---@param seconds integer
---@param nanoseconds? integer
---@return wippy.Time
function time.unix(seconds, nanoseconds) end

---@param layout string
---@param text string
---@param location? wippy.Location of texts without a zone
---@return wippy.Time?
---@return wippy.Error? err
function time.parse(layout, text, location) end

---@param d wippy.DurationLike
---@return wippy.Duration?
---@return wippy.Error? err
function time.parse_duration(d) end

---@param name string "Europe/Berlin", "UTC", "Local"
---@return wippy.Location?
---@return wippy.Error? err
function time.load_location(name) end

---@param name string
---@param offset integer seconds east of UTC
---@return wippy.Location
function time.fixed_zone(name, offset) end

---@param n number
---@return wippy.Duration
function time.milliseconds(n) end

---@param n number
---@return wippy.Duration
function time.seconds(n) end

---@param n number
---@return wippy.Duration
function time.minutes(n) end

---@param n number
---@return wippy.Duration
function time.hours(n) end

return time
