---@meta logger

---Records with the entry id, the pid and the place of the call. Loggers never change. The module is one, too.
---@class wippy.Logger
local Logger = {}

---@param message string|wippy.Error
---@param fields? table<string, any> nested tables are shown as JSON
function Logger:debug(message, fields) end

---@param message string|wippy.Error
---@param fields? table<string, any>
function Logger:info(message, fields) end

---@param message string|wippy.Error
---@param fields? table<string, any>
function Logger:warn(message, fields) end

---@param message string|wippy.Error
---@param fields? table<string, any>
function Logger:error(message, fields) end

---A logger whose records have these fields as well.
---@param fields table<string, any>
---@return wippy.Logger
function Logger:with(fields) end

---A logger whose name ends in `.name`.
---@param name string not empty
---@return wippy.Logger
function Logger:named(name) end

---@type wippy.Logger
logger = {}

return logger
