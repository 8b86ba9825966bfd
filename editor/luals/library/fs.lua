---@meta fs

---Directories of fs.directory entries. Nothing leads out of them. Every operation suspends only the calling coroutine.
---@class wippy.fs
fs = {}

---@class wippy.FileStat
---@field size integer bytes
---@field modified number unix seconds
---@field mode integer permissions
---@field is_dir boolean
---@field is_file boolean

---@class wippy.DirectoryItem
---@field name string
---@field is_dir boolean

---@class wippy.Filesystem
local filesystem = {}

---At most 64 MiB.
---@param path string
---@return string? data
---@return wippy.Error? err
function filesystem:read_file(path) end

---The same as read_file.
---@param path string
---@return string? data
---@return wippy.Error? err
function filesystem:readfile(path) end

---With `atomic`, readers see the old text or the new one.
---@param path string
---@param data string at most 64 MiB
---@param options? { atomic: boolean }
---@return boolean? done
---@return wippy.Error? err
function filesystem:write_file(path, data, options) end

---The same as write_file.
---@param path string
---@param data string
---@param options? { atomic: boolean }
---@return boolean? done
---@return wippy.Error? err
function filesystem:writefile(path, data, options) end

---@param path string
---@param data string
---@return boolean? done
---@return wippy.Error? err
function filesystem:append(path, data) end

---@param path string
---@param mode? "r"|"r+"|"w"|"w+"|"wx"|"a"|"a+"
---@return wippy.File? file
---@return wippy.Error? err
function filesystem:open(path, mode) end

---@param path string
---@return boolean? exists
---@return wippy.Error? err
function filesystem:exists(path) end

---@param path string
---@return wippy.FileStat? stat
---@return wippy.Error? err
function filesystem:stat(path) end

---By name.
---@param path? string
---@return wippy.DirectoryItem[]? items
---@return wippy.Error? err
function filesystem:list(path) end

---The same as list.
---@param path? string
---@return wippy.DirectoryItem[]? items
---@return wippy.Error? err
function filesystem:readdir(path) end

---@param path string
---@param options? { parents: boolean }
---@return boolean? done
---@return wippy.Error? err
function filesystem:mkdir(path, options) end

---A file, a link or an empty directory.
---@param path string
---@return boolean? done
---@return wippy.Error? err
function filesystem:remove(path) end

---With everything below.
---@param path string
---@return boolean? done
---@return wippy.Error? err
function filesystem:remove_all(path) end

---@param from string
---@param to string
---@return boolean? done
---@return wippy.Error? err
function filesystem:rename(from, to) end

---@class wippy.File
local file = {}

---@param n? integer at most so many bytes; all that is left when not given
---@return string? data nil: the end
---@return wippy.Error? err
function file:read(n) end

---Without its end.
---@return string? line nil: the end
---@return wippy.Error? err
function file:read_line() end

---Raises what fails.
---@return fun(): string?
function file:lines() end

---@param data string
---@return boolean? done
---@return wippy.Error? err
function file:write(data) end

---@param whence? "set"|"cur"|"end"
---@param offset? integer
---@return integer? position
---@return wippy.Error? err
function file:seek(whence, offset) end

---@return boolean? done
---@return wippy.Error? err
function file:sync() end

---@return wippy.FileStat? stat
---@return wippy.Error? err
function file:stat() end

---@return boolean? done
---@return wippy.Error? err
function file:close() end

---@param id string entry ID
---@return wippy.Filesystem?
---@return wippy.Error? err
function fs.get(id) end

return fs
