---@meta uuid

---@class wippy.UuidFields
---@field version integer
---@field variant "RFC4122"|"NCS"|"Microsoft"|"Future"
---@field timestamp? integer seconds since 1970, of versions 1 and 7
---@field node? string twelve hexadecimal digits, of version 1

---RFC 9562. Functions that take a UUID read it with hyphens, without, as urn:uuid: and in braces.
---@class wippy.uuid
uuid = {}

---From the time and a random node.
---@return string
function uuid.v1() end

---MD5 of a name.
---@param namespace string a UUID
---@param name string
---@return string?
---@return wippy.Error? err
function uuid.v3(namespace, name) end

---Random.
---@return string
function uuid.v4() end

---SHA-1 of a name.
---@param namespace string a UUID
---@param name string
---@return string?
---@return wippy.Error? err
function uuid.v5(namespace, name) end

---From the time in milliseconds: those of one process sort in the order in which they were made.
---@return string
function uuid.v7() end

---@param value any
---@return boolean
function uuid.validate(value) end

---@param id string
---@return integer?
---@return wippy.Error? err
function uuid.version(id) end

---@param id string
---@return ("RFC4122"|"NCS"|"Microsoft"|"Future")?
---@return wippy.Error? err
function uuid.variant(id) end

---@param id string
---@return wippy.UuidFields?
---@return wippy.Error? err
function uuid.parse(id) end

---@param id string
---@param format? "standard"|"simple"|"urn"
---@return string?
---@return wippy.Error? err
function uuid.format(id, format) end

return uuid
