---@meta _

---A type as a value: integer, number, boolean, and in typed sources (docs/typed-lua.md) every declared type. Calling it gives
---the argument back, or raises when it is not of the type. Cannot be sent to other processes.
---@class wippy.Type
---@overload fun(value: any): any
local Type = {}

---The value, or nil and an INVALID error that names the field that fails.
---@param value any
---@return any
---@return wippy.Error? err
function Type:is(value) end

---Takes integral floats too; the call gives an integer.
---@class wippy.IntegerType : wippy.Type
---@overload fun(value: number): integer
integer = {}

---@class wippy.NumberType : wippy.Type
---@overload fun(value: number): number
number = {}

---@class wippy.BooleanType : wippy.Type
---@overload fun(value: boolean): boolean
boolean = {}
