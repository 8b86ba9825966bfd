---@meta json

---@class wippy.json
json = {}

---nil is null, an empty table `[]`, the keys 1…n an array, string keys an object in the order of the keys. Mixed keys, gaps, cycles,
---more than 128 levels, strings that are not UTF-8 and texts of more than 16 MiB are INTERNAL errors.
---@param value any
---@return string?
---@return wippy.Error? err
function json.encode(value) end

---null is nil. Texts up to 16 MiB, 10,000 levels.
---@param text string
---@return any
---@return wippy.Error? err
function json.decode(text) end

---JSON Schema of draft 4, with const, `true` and `false`, numeric exclusiveMinimum. Other keywords of later drafts are refused. An
---empty Lua table is the array `[]`.
---@param schema table|string
---@param value any
---@return boolean valid
---@return wippy.Error? err INVALID: where and why
function json.validate(schema, value) end

---@param schema table|string
---@param text string
---@return boolean valid
---@return wippy.Error? err
function json.validate_string(schema, text) end

return json
