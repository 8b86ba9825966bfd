// What the engine asks of the libraries above it: values, messages, errors and printing stay out of the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/task.hpp"
#include "mailbox/signal.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/process/inspection.hpp"
#include "runtime/process/security.hpp"

namespace wippy {
class EventBus;
class Metrics;
class Terminal;
namespace env {
class Store;
}
namespace files {
class FileSystems;
}
}  // namespace wippy

namespace wippy::lua {

// Where signals go that no registration claims: kMessage, kCancel, kExit, kLinkDown. One per machine, made when the
// first of them comes or a library asks for it.
class SignalSink {
 public:
  // Owns `s` from here on (Context::release or Context::unread in the end). Between tasks: it may wake tasks and notify
  // channels, but must not touch a lua_State. The signal's next pointer is free for its lists.
  virtual void on_signal(LuaMachine& machine, Signal* s) noexcept = 0;
  // Last call, frees itself. Not killed: unread mail goes back by Context::unread, newest first (upgrade).
  virtual void close(LuaMachine& machine, bool killed) noexcept = 0;
  // Of the messages it holds: drops the oldest (false: none), shows all (Machine::drop_oldest_message, each_message).
  virtual bool drop_oldest_message() noexcept { return false; }
  virtual void each_message(void (*)(void* arg, const Signal&), void*) noexcept {}
  // Adds the messages that it holds, the oldest first (Inspection::add).
  virtual void inspect(Inspection&) noexcept {}

 protected:
  SignalSink() = default;
  ~SignalSink() = default;
};

// A library: `open` pushes its table or function [-0, +1, e]; called at most once per process. Read-only views are its work
// (push_read_only).
struct LuaLibrary {
  const char* name;
  lua_CFunction open;
  bool always;  // a global of every process; false: only for programs that list it under modules
  // Instead of `open`: the fields, shown by a read-only view that costs little until it is used twice.
  const LibraryEntry* entries = nullptr;
};

// Those that need no hooks: string, table, … (lua/globals.cpp).
const LuaLibrary* builtin_libraries(std::size_t& count) noexcept;

// What logger:info(…) and its like say. Everything is borrowed for the call.
struct LogRecord {
  log::Level level;
  std::string_view name;  // the entry id, then what named() added: "app:worker.db"
  std::string_view message;
  const log::Field* fields;  // pid and location, then the script's, by key
  std::size_t field_count;
};

class FunctionDirectory;  // lua/function_directory.hpp
class RegistryService;    // lua/registry_service.hpp
class SystemService;      // lua/system_service.hpp

// One table per runtime, immutable, outlives every machine. Functions marked e run inside a protected call and may raise
// Lua errors: then no object with a destructor may be alive.
struct LuaHooks {
  // Pushes the arguments encoded in `body` (mailbox/values.hpp, message body) and returns their number. [-0, +n, e]
  int (*push_arguments)(lua_State* L, std::string_view body) = nullptr;
  // main returned `count` values, the topmost of the stack: calls Context::finish. [-0, +?, e]
  void (*main_returned)(lua_State* L, int count) = nullptr;
  // An error nobody caught, in main or a spawned coroutine: the value at `index`, the traceback (string or nil) at
  // `index + 1`: calls Context::finish. [-0, +?, e]
  void (*task_failed)(lua_State* L, int index) = nullptr;
  // Null: out of memory. `memory`: see LuaMachine::allocate.
  SignalSink* (*make_sink)(LuaMachine& machine) noexcept = nullptr;
  // One line without its end, written whole.
  void (*print)(Context& self, std::string_view line) noexcept = nullptr;
  // A record of the logger module. Null: log::write.
  void (*log)(Context& self, const LogRecord& record) noexcept = nullptr;
  // Bytes that nobody can guess, for identifiers that must be unique in the world. Null: from the process's seed.
  void (*entropy)(uint8_t* out, std::size_t bytes) noexcept = nullptr;
  // The policies of the application, for the security module. Null: there are none.
  const PolicySource* policies = nullptr;
  // Monotonic nanoseconds at the start of the runtime, for os.clock.
  uint64_t start_ns = 0;
  // What the modules funcs and registry ask. Null: they answer UNAVAILABLE.
  FunctionDirectory* functions = nullptr;
  RegistryService* registry = nullptr;
  // Services of modules; null: not available, which their functions answer by UNAVAILABLE. They outlive every machine.
  env::Store* env = nullptr;
  EventBus* events = nullptr;
  files::FileSystems* files = nullptr;
  Terminal* terminal = nullptr;
  Metrics* metrics = nullptr;
  SystemService* system = nullptr;
  const LuaLibrary* libraries = nullptr;
  std::size_t library_count = 0;
};

}  // namespace wippy::lua
