---@meta security

---Actors, scopes and policies. Wrong types raise; what is denied is nil, PERMISSION_DENIED.
---@class wippy.security
security = {}

---@class wippy.Actor
local Actor = {}

---@return string
function Actor:id() end

---A copy.
---@return table<string, any>
function Actor:meta() end

---@class wippy.Scope
local Scope = {}

---By ID.
---@return wippy.Policy[]
function Scope:policies() end

---@param id string
---@return boolean
function Scope:contains(id) end

---A new scope; a policy with the same ID is replaced.
---@param policy wippy.Policy
---@return wippy.Scope scope nil, PERMISSION_DENIED
---@return wippy.Error? err
function Scope:with(policy) end

---A new scope.
---@param id string|wippy.Policy|{ns: string, name: string}
---@return wippy.Scope scope nil, PERMISSION_DENIED
---@return wippy.Error? err
function Scope:without(id) end

---@param actor wippy.Actor
---@param action string
---@param resource string
---@param meta? table<string, any>
---@return "allow"|"deny"|"undefined"
function Scope:evaluate(actor, action, resource, meta) end

---@class wippy.Policy
local Policy = {}

---@return string
function Policy:id() end

---@param actor wippy.Actor
---@param action string
---@param resource string
---@param meta? table<string, any>
---@return "allow"|"deny"|"undefined"
function Policy:evaluate(actor, action, resource, meta) end

---@param id string
---@param meta? table<string, any>
---@return wippy.Actor actor nil, INVALID: no ID, or meta cannot be copied
---@return wippy.Error? err
function security.new_actor(id, meta) end

---@param policies? wippy.Policy[]
---@return wippy.Scope scope nil, PERMISSION_DENIED
---@return wippy.Error? err
function security.new_scope(policies) end

---@return wippy.Actor? actor nil: this process has none
function security.actor() end

---@return wippy.Scope? scope nil: this process has none
function security.scope() end

---False also without an actor or a scope, where the operation itself may be allowed.
---@param action string
---@param resource string
---@param meta? table<string, any>
---@return boolean
function security.can(action, resource, meta) end

---@param id string
---@return wippy.Policy policy nil, NOT_FOUND
---@return wippy.Error? err
function security.policy(id) end

---@param id string
---@return wippy.Scope scope nil, NOT_FOUND
---@return wippy.Error? err
function security.named_scope(id) end

---@param id string
---@return any store nil, NOT_FOUND: no application has one
---@return wippy.Error? err
function security.token_store(id) end

return security
