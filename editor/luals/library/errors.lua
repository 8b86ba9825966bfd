---@meta errors

---@alias wippy.ErrorKind "NotFound"|"AlreadyExists"|"Invalid"|"PermissionDenied"|"Unavailable"|"Internal"|"Canceled"|"Conflict"|"Timeout"|"RateLimited"|""

---What failed calls return and exits carry. `..`, tostring and the string functions see its message. Crosses process
---borders with message, kind, retryable and details.
---@class wippy.Error : string
---@operator concat(any): string
local Error = {}

---@return string
function Error:message() end

---@return wippy.ErrorKind
function Error:kind() end

---@return boolean? nil: not known
function Error:retryable() end

---A fresh copy each time.
---@return table?
function Error:details() end

---@return string
function Error:stack() end

---@class wippy.ErrorFrame
---@field level integer
---@field source string
---@field line integer
---@field name string
---@field type string

---@class wippy.errors
---@field NOT_FOUND "NotFound"
---@field ALREADY_EXISTS "AlreadyExists"
---@field INVALID "Invalid"
---@field PERMISSION_DENIED "PermissionDenied"
---@field UNAVAILABLE "Unavailable"
---@field INTERNAL "Internal"
---@field CANCELED "Canceled"
---@field CONFLICT "Conflict"
---@field TIMEOUT "Timeout"
---@field RATE_LIMITED "RateLimited"
---@field UNKNOWN ""
errors = {}

---@param spec string|{ message: string, kind?: wippy.ErrorKind, retryable?: boolean, details?: table }
---@return wippy.Error
function errors.new(spec) end

---The same message, kind, retryable and details; the context shows in `stack()` only.
---@param err wippy.Error|string
---@param context string
---@return wippy.Error
function errors.wrap(err, context) end

---False for anything that is no error object.
---@param err any
---@param kind wippy.ErrorKind
---@return boolean
function errors.is(err, kind) end

---@param err wippy.Error
---@return { thread: string, frames: wippy.ErrorFrame[] }?
function errors.call_stack(err) end

return errors
