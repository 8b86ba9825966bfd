---@meta channel

---Belongs to one process and cannot be sent to another.
---@class wippy.Channel
local Channel = {}

---Blocks until the value is taken or has a place in the buffer. Raises `send on closed channel`.
---@param value any nil is a value, too
---@return true
function Channel:send(value) end

---Blocks until there is a value. A closed channel gives what is left, then `nil, false`.
---@return any value
---@return boolean ok
function Channel:receive() end

---Closing again does nothing.
function Channel:close() end

---@return wippy.Case
function Channel:case_receive() end

---@param value any
---@return wippy.Case
function Channel:case_send(value) end

---For `channel.select`; may be used any number of times.
---@class wippy.Case

---@class wippy.Selected
---@field channel? wippy.Channel the very channel of the case that fired
---@field value any received or sent
---@field ok boolean false: received from a closed channel
---@field default? true no case was ready

---@class wippy.channel
channel = {}

---@param size? integer 0 or none: sender and receiver meet
---@return wippy.Channel
function channel.new(size) end

---Waits for the first case that can go on, in table order. `default = true` in the table, or `true` as second argument: does not
---wait.
---@param cases { [integer]: wippy.Case, default?: boolean }
---@param default? boolean
---@return wippy.Selected
function channel.select(cases, default) end

return channel
