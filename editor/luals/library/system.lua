---@meta system

---The node and its operating system. Each reading needs the permission `system.read`.
---@class wippy.system
---@field memory wippy.system.memory
---@field gc wippy.system.gc
---@field runtime wippy.system.runtime
---@field process wippy.system.process
---@field hosts wippy.system.hosts
---@field supervisor wippy.system.supervisor
system = {}

---Begins the shutdown, whose exit code it is. Permission `system.exit`.
---@param code? integer 0 to 255
---@return boolean? done
---@return wippy.Error? err
function system.exit(code) end

---Modules that this build has.
---@return string[]? names
---@return wippy.Error? err
function system.modules() end

---@class wippy.system.memory
local memory = {}

---@return table<string, integer>? bytes alloc, heap_alloc, heap_in_use, heap_sys, sys, heap_released; heap_objects: processes
---@return wippy.Error? err
function memory.stats() end

---@return integer? bytes
---@return wippy.Error? err
function memory.allocated() end

---@return integer? processes
---@return wippy.Error? err
function memory.heap_objects() end

---UNAVAILABLE: the limit is set at the start, by `wippy run -m`.
---@param bytes integer
---@return nil
---@return wippy.Error err
function memory.set_limit(bytes) end

---@return integer? bytes 0: none
---@return wippy.Error? err
function memory.get_limit() end

---@class wippy.system.gc
local gc = {}

---Collects the caller's own heap. Permission `system.gc`.
---@return boolean? done
---@return wippy.Error? err
function gc.collect() end

---Taken note of; the pace of a heap stays.
---@param percent integer
---@return integer? before
---@return wippy.Error? err
function gc.set_percent(percent) end

---@return integer? percent
---@return wippy.Error? err
function gc.get_percent() end

---@class wippy.system.runtime
local runtime = {}

---Live processes and worker threads.
---@return integer? count
---@return wippy.Error? err
function runtime.goroutines() end

---Cores that may be used. With a number: UNAVAILABLE, they are set by `wippy run --cores`.
---@param n? integer
---@return integer? cores
---@return wippy.Error? err
function runtime.max_procs(n) end

---@return integer? cores
---@return wippy.Error? err
function runtime.cpu_count() end

---@class wippy.system.process
local process = {}

---@return integer? pid of the program
---@return wippy.Error? err
function process.pid() end

---@return string? name
---@return wippy.Error? err
function process.hostname() end

---@return string? path
---@return wippy.Error? err
function process.cwd() end

---@class wippy.system.hosts
local hosts = {}

---By ID: {id, kind, workers, processes, executed, stolen, queue_depth}.
---@return table[]? hosts
---@return wippy.Error? err
function hosts.list() end

---Who runs there: {pid, host, source?, state, wait?, mailbox?, memory?, links?, monitors?, names?}. An unknown host: nobody.
---@param host string
---@return table[]? processes
---@return wippy.Error? err
function hosts.processes(host) end

---@class wippy.system.supervisor
local supervisor = {}

---{id, status, desired, retry_count, restarts, last_update, started_at, details?}; times are nanoseconds since the epoch.
---@param id string
---@return table? state nil, NOT_FOUND: no such service
---@return wippy.Error? err
function supervisor.state(id) end

---Of all services, by ID.
---@return table[]? states
---@return wippy.Error? err
function supervisor.states() end

return system
