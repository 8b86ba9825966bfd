---@meta _
-- The base functions of a process. Absent on purpose: load, loadstring, loadfile, dofile, io, debug.

---The globals of this process; no other process sees them.
---@type table<string, any>
_G = {}

---@type string
_VERSION = "Lua 5.4"

---Raises `message` (an error object as it is) when `value` is false or nil; otherwise returns all its arguments.
---@generic T
---@param value? T
---@param message? any
---@param ... any
---@return T
---@return any ...
function assert(value, message, ...) end

---`"count"` gives kilobytes; `"collect"` and `"step"` collect; everything else does nothing.
---@param what? string
---@return number
function collectgarbage(what) end

---Raises. An error that nobody catches ends the process; monitors and links see it as `result.error`.
---@param message any text gets the place in front of it, error objects stay as they are
---@param level? integer
function error(message, level) end

---False for objects of the runtime and library tables: their metatables are locked.
---@param object any
---@return table|false|nil
function getmetatable(object) end

---@generic T
---@param list T[]
---@return fun(list: T[], i?: integer): integer, T
---@return T[] list
---@return integer i
function ipairs(list) end

---@generic K, V
---@param t table<K, V>
---@param key? K
---@return K?
---@return V?
function next(t, key) end

---Also walks library tables and Payloads.
---@generic K, V
---@param t table<K, V>
---@return fun(t: table<K, V>, key?: K): K, V
---@return table<K, V> t
function pairs(t) end

---May be left by blocking calls and entered again. Does not catch `process.terminate`, link failures and deadlines.
---@param f function
---@param ... any
---@return boolean ok
---@return any ... results, or the error
function pcall(f, ...) end

---One line, written whole: on a terminal host to the standard output, elsewhere as an INFO record of the log.
---@param ... any
function print(...) end

---@param a any
---@param b any
---@return boolean
function rawequal(a, b) end

---@param t table
---@param key any
---@return any
function rawget(t, key) end

---@param value table|string
---@return integer
function rawlen(value) end

---@generic T: table
---@param t T
---@param key any
---@param value any
---@return T
function rawset(t, key, value) end

---A module that the entry lists under `modules:`, a library under the name it has in `imports:`, or a global library. Raises
---`module '<name>' not found` otherwise; no files are searched.
---@param name string
---@return any
function require(name) end

---@param n integer|"#"
---@param ... any
---@return any ...
function select(n, ...) end

---Refuses `__gc`.
---@generic T: table
---@param t T
---@param metatable table?
---@return T
function setmetatable(t, metatable) end

---@param value any
---@param base? integer
---@return number?
function tonumber(value, base) end

---Addresses are not shown: objects have numbers.
---@param value any
---@return string
function tostring(value) end

---@param value any
---@return "nil"|"number"|"string"|"boolean"|"table"|"function"|"thread"|"userdata"
function type(value) end

---@param list table
---@param first? integer
---@param last? integer
---@return any ...
function unpack(list, first, last) end

---@param f function
---@param handler fun(err: any): any
---@param ... any
---@return boolean ok
---@return any ...
function xpcall(f, handler, ...) end

---Empty: nothing is searched or loaded.
package = {}
