---@meta io

---The standard streams, for processes on a terminal host; elsewhere nil, UNAVAILABLE.
---@class wippy.io
io = {}

---Nothing between the values, nothing after them.
---@param ... any
---@return boolean? done
---@return wippy.Error? err
function io.write(...) end

---Tabs between the values, a line end after them.
---@param ... any
---@return boolean? done
---@return wippy.Error? err
function io.print(...) end

---As print, to the standard error.
---@param ... any
---@return boolean? done
---@return wippy.Error? err
function io.eprint(...) end

---Waits for at least one byte; other coroutines go on.
---@param n? integer at most so many bytes, 1024 when not given
---@return string? bytes nil: the input has ended
---@return wippy.Error? err
function io.read(n) end

---The next line without its end.
---@return string? line nil: the input has ended
---@return wippy.Error? err
function io.readline() end

---Counted; undone at the end of the process.
---@param enable boolean
---@return boolean? done nil: the input is no terminal
---@return wippy.Error? err
function io.raw(enable) end

---@return boolean? done
---@return wippy.Error? err
function io.flush() end

---Arguments of the command line; empty without a terminal.
---@return string[]
function io.args() end

return io
