---@meta funcs

---Calls of functions (kind function.lua) and of processes that have a meta.default_host.
---@class wippy.funcs
funcs = {}

---Waits for the result. Only the calling coroutine waits.
---@param id string
---@param ... any
---@return any value
---@return wippy.Error? err
function funcs.call(id, ...) end

---Begins the call and goes on.
---@param id string
---@param ... any
---@return wippy.Future? future
---@return wippy.Error? err
function funcs.async(id, ...) end

---@return wippy.Executor
function funcs.new() end

---How functions are called: each method makes a new one.
---@class wippy.Executor
local Executor = {}

---@param values table<string, any>
---@return wippy.Executor? executor
---@return wippy.Error? err
function Executor:with_context(values) end

---@param actor wippy.Actor
---@return wippy.Executor? executor
---@return wippy.Error? err
function Executor:with_actor(actor) end

---@param scope wippy.Scope
---@return wippy.Executor? executor
---@return wippy.Error? err
function Executor:with_scope(scope) end

---There are no options yet: a table without fields.
---@param options table
---@return wippy.Executor? executor
---@return wippy.Error? err
function Executor:with_options(options) end

---@param id string
---@param ... any
---@return any value
---@return wippy.Error? err
function Executor:call(id, ...) end

---@param id string
---@param ... any
---@return wippy.Future? future
---@return wippy.Error? err
function Executor:async(id, ...) end

---A call that may still be under way.
---@class wippy.Future
local Future = {}

---Gives one Payload, or the error object, then it is closed.
---@return wippy.Channel
function Future:response() end

---The same channel.
---@return wippy.Channel
function Future:channel() end

---@return boolean
function Future:is_complete() end

---@return boolean
function Future:is_canceled() end

---Two times nil while the call is under way.
---@return wippy.Payload? payload
---@return wippy.Error? err
function Future:result() end

---@return wippy.Error? err
---@return boolean failed
function Future:error() end

---The call gets a CANCEL event; its result is dropped.
---@return boolean was_under_way
function Future:cancel() end

return funcs
