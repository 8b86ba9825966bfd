---@meta process

---A process as text, `{app:processes|0x0001f}`: equal texts, equal processes; never used again.
---@alias wippy.Pid string
---A PID or a registered name.
---@alias wippy.Destination string

---@class wippy.Message
local Message = {}

---@return string
function Message:topic() end

---@return wippy.Pid? sender nil: the message has none
function Message:from() end

---@return wippy.Payload|wippy.Payload[]|nil payload nil: sent without; an array: sent with several
function Message:payload() end

---@class wippy.Result
---@field value any what main returned
---@field error? wippy.Error

---What `process.events()` and `process.receive()` give.
---@class wippy.Event
---@field kind "pid.exit"|"pid.link.down"|"pid.cancel"
---@field type "EXIT"|"LINK_DOWN"|"CANCEL"
---@field from? wippy.Pid who died, or who asks to stop
---@field at integer seconds since 1970
---@field result? wippy.Result of EXIT and LINK_DOWN
---@field value? any as `result.value`
---@field error? wippy.Error as `result.error`
---@field deadline? string of CANCEL: RFC 3339, UTC

---@class wippy.Options
---@field trap_links boolean true: failures of linked processes are LINK_DOWN events instead of the own end

---@class wippy.process.event
---@field EXIT "pid.exit"
---@field LINK_DOWN "pid.link.down"
---@field CANCEL "pid.cancel"

---@class wippy.process.registry
local registry = {}

---@param name string
---@param pid? wippy.Pid default: this process
---@return boolean? ok
---@return wippy.Error? err ALREADY_EXISTS: another process has it
function registry.register(name, pid) end

---@param name string
---@return wippy.Pid?
---@return wippy.Error? err
function registry.lookup(name) end

---@param name string
---@return boolean existed
function registry.unregister(name) end

---Never changes: every method returns a new builder.
---@class wippy.SpawnBuilder
local SpawnBuilder = {}

---Later keys win.
---@param values table<string, any>
---@return wippy.SpawnBuilder
function SpawnBuilder:with_context(values) end

---@param actor wippy.Actor
---@return wippy.SpawnBuilder
function SpawnBuilder:with_actor(actor) end

---@param scope wippy.Scope
---@return wippy.SpawnBuilder
function SpawnBuilder:with_scope(scope) end

---Registers the name before the process starts. When it is taken nothing starts: its owner gets the messages of `with_message` and
---its PID is returned.
---@param name string
---@return wippy.SpawnBuilder
function SpawnBuilder:with_name(name) end

---In the mailbox before any other message; without sender.
---@param topic string
---@param ... any
---@return wippy.SpawnBuilder
function SpawnBuilder:with_message(topic, ...) end

---@param entry_id string
---@param host_id string
---@param ... any arguments of the entry's function
---@return wippy.Pid?
---@return wippy.Error? err
function SpawnBuilder:spawn(entry_id, host_id, ...) end

---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function SpawnBuilder:spawn_monitored(entry_id, host_id, ...) end

---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function SpawnBuilder:spawn_linked(entry_id, host_id, ...) end

---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function SpawnBuilder:spawn_linked_monitored(entry_id, host_id, ...) end

---@class wippy.process
---@field event wippy.process.event
---@field registry wippy.process.registry
process = {}

---@return wippy.Pid
function process.pid() end

---The entry that runs, `"namespace:name"`.
---@return string
function process.id() end

---Puts a message into the target's mailbox. Values are copied at the call.
---@param destination wippy.Destination
---@param topic string must not begin with `@`
---@param ... any
---@return true?
---@return wippy.Error? err
function process.send(destination, topic, ...) end

---@param entry_id string
---@param host_id string
---@param ... any arguments of the entry's function, copied
---@return wippy.Pid?
---@return wippy.Error? err
function process.spawn(entry_id, host_id, ...) end

---This process gets an EXIT event when the child ends, however soon.
---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function process.spawn_monitored(entry_id, host_id, ...) end

---The failure of either ends the other, or is a LINK_DOWN event with `trap_links`.
---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function process.spawn_linked(entry_id, host_id, ...) end

---@param entry_id string
---@param host_id string
---@param ... any
---@return wippy.Pid?
---@return wippy.Error? err
function process.spawn_linked_monitored(entry_id, host_id, ...) end

---Runs a process to its end and returns its first result. Blocks this coroutine only.
---@param entry_id string
---@param host_id string
---@param ... any
---@return any
---@return wippy.Error? err
function process.exec(entry_id, host_id, ...) end

---As `process.exec`.
---@param entry_id string
---@param host_id string
---@param ... any
---@return any
---@return wippy.Error? err
function process.call(entry_id, host_id, ...) end

---At once, without a chance to clean up.
---@param destination wippy.Destination
---@return true?
---@return wippy.Error? err
function process.terminate(destination) end

---Asks to stop: a CANCEL event. After the deadline the target is killed.
---@param destination wippy.Destination
---@param deadline? string|number "5s", or milliseconds; none: only a request
---@return true?
---@return wippy.Error? err
function process.cancel(destination, deadline) end

---One EXIT event when the target ends.
---@param destination wippy.Destination
---@return true?
---@return wippy.Error? err
function process.monitor(destination) end

---@param destination wippy.Destination
---@return true?
---@return wippy.Error? err
function process.unmonitor(destination) end

---@param destination wippy.Destination
---@return true?
---@return wippy.Error? err
function process.link(destination) end

---@param destination wippy.Destination
---@return true?
---@return wippy.Error? err
function process.unlink(destination) end

---A fresh table.
---@return wippy.Options
function process.get_options() end

---@param options wippy.Options
---@return boolean ok
---@return wippy.Error? err
function process.set_options(options) end

---Messages that no `listen` claims, as Message objects. The same channel each time.
---@return wippy.Channel
function process.inbox() end

---EXIT, LINK_DOWN and CANCEL as tables. The same channel each time.
---@return wippy.Channel
function process.events() end

---Messages of one topic: their payload, or Message objects with `message = true`.
---@param topic string
---@param options? { message?: boolean }
---@return wippy.Channel?
---@return wippy.Error? err
function process.listen(topic, options) end

---Closes the channel; what was not received goes to the inbox.
---@param channel wippy.Channel
---@return boolean ok
---@return wippy.Error? err
function process.unlisten(channel) end

---The next message of the inbox or event, in order of arrival.
---@param timeout? wippy.Duration|string|number numbers are milliseconds
---@return wippy.Message|wippy.Event|nil
---@return wippy.Error? err TIMEOUT
function process.receive(timeout) end

---Replaces the code of this process and does not return. PID, names, monitors, links and unread mail stay. A failure ends the
---process.
---@param entry_id? string nil: the same entry, as it is now
---@param ... any arguments of the new entry's function
function process.upgrade(entry_id, ...) end

---@param values table<string, any> strings, numbers, booleans and tables of them, for the child's `ctx`
---@return wippy.SpawnBuilder
function process.with_context(values) end

return process
