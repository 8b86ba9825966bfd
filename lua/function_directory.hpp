// What the funcs module asks of the application: functions by their ids (host.md §7).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lua/program.hpp"
#include "runtime/dispatch/call_gate.hpp"
#include "runtime/process/context.hpp"

namespace wippy::lua {

// What a function's id meant when it was looked up: a call that has begun stays with it, whatever becomes of the entry.
struct CallTarget {
  std::shared_ptr<CallGate> gate;             // null: nothing limits the calls
  std::shared_ptr<const LuaProgram> program;  // of function.lua; null: the process `entry` on `host`
  std::string entry;
  std::string host;
};

// The target's program, which gives its seat back when nobody holds it any more: a machine holds its program until it is closed,
// however the call ends.
inline std::shared_ptr<const LuaProgram> seated_program(const CallTarget& target) {
  const auto leave = [program = target.program, gate = target.gate](const LuaProgram*) { gate->leave(); };
  return std::shared_ptr<const LuaProgram>(target.program.get(), leave);
}

// Thread-safety: called by any worker at any time. Must outlive the runtime's processes.
class FunctionDirectory {
 public:
  // kNotFound: no such entry, or it is none that can be called; the text names what is missing.
  virtual Status find_function(std::string_view id, CallTarget& out, std::string& error_text) = 0;
  // The process of one call. `arguments`: message body. A seat in the target's gate is the call's from here on, also when it
  // fails.
  virtual SpawnResult start_call(Context& self, const CallTarget& target, std::string_view arguments,
                                 SpawnOptions options) = 0;

 protected:
  ~FunctionDirectory() = default;
};

}  // namespace wippy::lua
