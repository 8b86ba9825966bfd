---@meta _
-- What this runtime adds to Lua's string, table, math and coroutine libraries. All of them are read-only, string.dump does not
-- exist, and string functions take error objects as subjects.

---Starts `f` as a concurrent coroutine of the same process; it shares all of the process's values. Its uncaught error fails
---the process, and it ends without a word when main returns.
---@param f fun()
---@return thread
function coroutine.spawn(f) end

---@param array_size? integer
---@param other_size? integer
---@return table
function table.create(array_size, other_size) end

---@param x number
---@param y number
---@return number
function math.pow(x, y) end

---@param x number
---@return number
function math.log10(x) end

---@param y number
---@param x? number
---@return number
function math.atan2(y, x) end

---@param x number
---@return number
function math.sinh(x) end

---@param x number
---@return number
function math.cosh(x) end

---@param x number
---@return number
function math.tanh(x) end
