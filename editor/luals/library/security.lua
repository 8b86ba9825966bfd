---@meta security

---Actors and scopes. There are no policies yet: a scope decides nothing.
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

---@return any[]
function Scope:policies() end

---@param id string
---@return boolean
function Scope:contains(id) end

---@param policy any
---@return wippy.Scope
function Scope:with(policy) end

---@param id string
---@return wippy.Scope
function Scope:without(id) end

---@param actor wippy.Actor
---@param action string
---@param resource string
---@return "allow"|"deny"|"undefined"
function Scope:evaluate(actor, action, resource) end

---@param id string
---@param meta? table<string, any>
---@return wippy.Actor actor nil, INVALID: no ID, or meta cannot be copied
---@return wippy.Error? err
function security.new_actor(id, meta) end

---@return wippy.Scope
function security.new_scope() end

---@return wippy.Actor? actor nil: this process has none
function security.actor() end

---@return wippy.Scope? scope nil: this process has none
function security.scope() end

---False also without an actor and a scope.
---@param action string
---@param resource string
---@return boolean
function security.can(action, resource) end

---@param id string
---@return any policy nil, NOT_FOUND
---@return wippy.Error? err
function security.policy(id) end

---@param id string
---@return wippy.Scope scope nil, NOT_FOUND
---@return wippy.Error? err
function security.named_scope(id) end

return security
