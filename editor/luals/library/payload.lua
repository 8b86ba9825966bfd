---@meta payload

---@alias wippy.PayloadFormat "json/plain"|"yaml/plain"|"text/plain"|"application/octet-stream"|"application/msgpack"|"lua/any"|"golang/any"|"golang/error"

---A value in an envelope: `..`, `#`, arithmetic, comparison, fields and pairs reach the value. Crosses process borders as its
---value.
---@class wippy.Payload
---@operator concat(any): string
---@operator len: integer
---@operator add(any): any
---@operator sub(any): any
---@operator mul(any): any
---@operator div(any): any
---@field [any] any
local Payload = {}

---@return any
function Payload:data() end

---@return any
function Payload:unmarshal() end

---@return wippy.PayloadFormat
function Payload:get_format() end

---To JSON, STRING, BYTES or LUA; other formats are an INTERNAL error.
---@param format wippy.PayloadFormat
---@return wippy.Payload?
---@return wippy.Error? err
function Payload:transcode(format) end

---@class wippy.payload.format
---@field JSON "json/plain"
---@field YAML "yaml/plain"
---@field STRING "text/plain"
---@field BYTES "application/octet-stream"
---@field MSGPACK "application/msgpack"
---@field LUA "lua/any"
---@field GOLANG "golang/any"
---@field ERROR "golang/error"

---@class wippy.payload
---@field format wippy.payload.format
payload = {}

---@param value any
---@return wippy.Payload
function payload.new(value) end

return payload
