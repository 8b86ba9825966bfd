---@meta ctx

---Values that `process.with_context` gave on the path of spawns that leads here. Read only.
---@class wippy.ctx
ctx = {}

---@param key string
---@return any value nil, NOT_FOUND: there is none
---@return wippy.Error? err
function ctx.get(key) end

---A copy; empty when there is none.
---@return table<string, any>
function ctx.all() end

return ctx
