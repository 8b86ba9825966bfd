---@meta registry

---The entries of the application. Changes last until the runtime ends.
---@class wippy.registry
registry = {}

---@param id string
---@return table? entry id, kind, meta and data
---@return wippy.Error? err
function registry.get(id) end

---All criteria must hold: `.kind`, `.ns`, `.name`, `.id` (with `*`), `meta.<path>` (equal), and with a prefix `~` regular
---expression, `*` contains, `^` begins with, `$` ends with. Other keys are ignored with a warning.
---@param criteria? table<string, any>
---@return table[]? entries
---@return wippy.Error? err
function registry.find(criteria) end

---@param text string
---@return table? id ns and name
---@return wippy.Error? err
function registry.parse_id(text) end

---@return wippy.Snapshot? snapshot
---@return wippy.Error? err
function registry.snapshot() end

---@return wippy.Version? version
---@return wippy.Error? err
function registry.current_version() end

---Oldest first.
---@return wippy.Version[]? versions
---@return wippy.Error? err
function registry.versions() end

---The same list.
---@return wippy.Version[]? versions
---@return wippy.Error? err
function registry.history() end

---@param version wippy.Version|integer
---@return wippy.Version? version
---@return wippy.Error? err
function registry.apply_version(version) end

---All entries as they were at one moment.
---@class wippy.Snapshot
local Snapshot = {}

---@return table[]? entries
---@return wippy.Error? err
function Snapshot:entries() end

---@param id string
---@return table? entry
---@return wippy.Error? err
function Snapshot:get(id) end

---@param criteria? table<string, any>
---@return table[]? entries
---@return wippy.Error? err
function Snapshot:find(criteria) end

---@param ns string
---@return table[]? entries
---@return wippy.Error? err
function Snapshot:namespace(ns) end

---@return wippy.Version
function Snapshot:version() end

---@return wippy.Changes
function Snapshot:changes() end

---Operations that are applied together or not at all.
---@class wippy.Changes
local Changes = {}

---@param entry table id, kind, meta and data
---@return wippy.Changes? changes itself
---@return wippy.Error? err
function Changes:create(entry) end

---@param entry table
---@return wippy.Changes? changes itself
---@return wippy.Error? err
function Changes:update(entry) end

---@param id string|table
---@return wippy.Changes? changes itself
---@return wippy.Error? err
function Changes:delete(id) end

---@return table[] operations op and entry
function Changes:ops() end

---@return wippy.Version? version
---@return wippy.Error? err
function Changes:apply() end

---@class wippy.Version
local Version = {}

---@return integer
function Version:id() end

---@return string
function Version:string() end

---@return wippy.Version?
function Version:previous() end

---@return wippy.Version?
function Version:next() end

return registry
