---@meta env

---Variables that entries of kind env.variable declare.
---@class wippy.env
env = {}

---@param name string a public name, an entry ID, or a name in the caller's namespace
---@return string? value nil, NOT_FOUND: nobody declared it, or it has neither a value nor a default
---@return wippy.Error? err
function env.get(name) end

---Waits when the storage is a file.
---@param name string
---@param value string
---@return boolean? done nil, PERMISSION_DENIED: read only
---@return wippy.Error? err
function env.set(name, value) end

---Every variable that has a value and that this process may get.
---@return table<string, string>? all
---@return wippy.Error? err
function env.get_all() end

return env
