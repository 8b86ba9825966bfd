// LuaProgram: what is compiled once per entry and shared by all its processes, immutable. LuaFactory: spawns from it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lua/bytecode.hpp"
#include "runtime/process/context.hpp"

namespace wippy::lua {

struct LuaHooks;

struct LuaProgram {
  struct Import {
    std::string alias;
    std::shared_ptr<const LuaProgram> program;
  };
  std::string entry_id;  // also the chunk name
  Bytecode bytecode;
  std::string method = "main";
  std::vector<std::string> modules;
  std::vector<Import> imports;
  std::string source;  // what the bytecode was made from, as what; may be empty
  Dialect dialect = Dialect::kAuto;
  std::size_t memory_limit = 0;  // bytes of Lua heap per process; 0: none
  bool is_function = false;      // its processes are calls: there is nothing that they could upgrade to
};

// The modules that the program and the libraries it imports declare, each once per declaration. Valid as long as the program.
void declared_modules(const LuaProgram& program, std::vector<std::string_view>& out);

// Makes a process's machine inside spawn (rulings.md "Spawn"): state, sandbox, chunk top level, method, arguments. The
// caller's thread does it all, under kLoadInstructions; nothing may block. Short-lived: one per spawn call, on the stack.
class LuaFactory final : public MachineFactory {
 public:
  // `arguments`: message body (mailbox/values.hpp), borrowed. `hooks` outlives the process. `random_seed`: root of
  // math.random, mixed with the pid.
  LuaFactory(std::shared_ptr<const LuaProgram> program, const LuaHooks& hooks, std::string_view arguments,
             uint64_t random_seed = 0)
      : MachineFactory(true),
        program_(std::move(program)),
        hooks_(hooks),
        arguments_(arguments),
        random_seed_(random_seed) {}

  // kInternal: does not load, raises, takes too long or too much memory; kNotFound: no such method. The text is the error's.
  Status create(Context& child, Machine*& machine, std::string& error_text) override;

 private:
  std::shared_ptr<const LuaProgram> program_;
  const LuaHooks& hooks_;
  std::string_view arguments_;
  uint64_t random_seed_;
};

}  // namespace wippy::lua
