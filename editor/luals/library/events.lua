---@meta events

---The event bus of the runtime.
---@class wippy.events
events = {}

---@class wippy.BusEvent
---@field system string
---@field kind string
---@field path string
---@field data any

---@class wippy.EventSubscription
local subscription = {}

---Closed when the subscription is. Items are wippy.BusEvent.
---@return wippy.Channel
function subscription:channel() end

---What waits is dropped.
---@return boolean
function subscription:close() end

---Events lost because nobody took them in time: at most 1024 wait.
---@return integer
function subscription:dropped() end

---Patterns: "*" alone is everything; else * is one dot-separated segment, ** any text, (a|b) one of the words.
---@param system string
---@param kind? string every kind when not given
---@return wippy.EventSubscription?
---@return wippy.Error? err
function events.subscribe(system, kind) end

---Never waits.
---@param system string
---@param kind string
---@param path string
---@param data? any at most 1 MiB
---@return boolean? done
---@return wippy.Error? err
function events.send(system, kind, path, data) end

return events
