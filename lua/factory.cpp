#include <new>

#include "lua/fatal.hpp"
#include "lua/fibers.hpp"
#include "lua/hooks.hpp"
#include "lua/machine.hpp"
#include "lua/preempt.hpp"
#include "lua/program.hpp"
#include "runtime/process/host_core.hpp"
#include "scheduler/random.hpp"

namespace wippy::lua {

namespace {

struct LoadRequest {
  const LuaProgram* program;
  const LuaHooks* hooks;
  std::string_view arguments;
  bool method_missing = false;
};

// Runs the chunk and leaves the entry function and its arguments. [-1, +n, e]
int load_program(lua_State* L) {
  auto& request = *static_cast<LoadRequest*>(lua_touserdata(L, 1));
  const LuaProgram& program = *request.program;
  lua_settop(L, 0);
  push_chunk(L, program.bytecode, program.entry_id.c_str());
  lua_call(L, 0, 1);
  if (lua_istable(L, 1)) {
    lua_getfield(L, 1, program.method.c_str());
    lua_remove(L, 1);
  }
  if (!lua_isfunction(L, 1)) {
    request.method_missing = true;
    return luaL_error(L, "%s: method '%s' not found", program.entry_id.c_str(), program.method.c_str());
  }
  if (request.hooks->push_arguments != nullptr) request.hooks->push_arguments(L, request.arguments);
  return lua_gettop(L);
}

// [-1, +1, e]
int describe(lua_State* L) {
  std::size_t length = 0;
  push_text(L, 1, &length);
  return 1;
}

// The error value is on top of L.
Status failure(lua_State* L, const ProcessRoot& root, const LoadRequest& request, std::string& text) {
  if (root.slice.fatal != Fatal::kNone) {
    const char* const cause = fatal_text(root.slice.fatal);
    text = std::string(cause) + " while the program was loaded";
    return Status::error(ErrorKind::kInternal, cause);
  }
  if (root.slice.killed) {
    text = request.program->entry_id + ": the top level of the program takes too long";
    return Status::error(ErrorKind::kInternal, "loading takes too long");
  }
  lua_pushcfunction(L, describe);
  lua_insert(L, -2);
  std::size_t length = 0;
  const char* message = lua_pcall(L, 1, 1, 0) == LUA_OK ? lua_tolstring(L, -1, &length) : nullptr;
  text = message != nullptr ? std::string(message, length) : "error object that is not a string";
  if (request.method_missing) return Status::error(ErrorKind::kNotFound, "method not found");
  return Status::error(ErrorKind::kInternal, "program failed to load");
}

// A tick must find no Lua while another process's child is loaded on its thread.
class PausedTick {
 public:
  PausedTick() noexcept : ticker_(Ticker::current()), was_(ticker_ != nullptr ? ticker_->pause() : nullptr) {}
  ~PausedTick() {
    if (ticker_ != nullptr) ticker_->unpause(was_);
  }
  PausedTick(const PausedTick&) = delete;
  PausedTick& operator=(const PausedTick&) = delete;

 private:
  Ticker* ticker_;
  ProcessRoot* was_;
};

}  // namespace

void declared_modules(const LuaProgram& program, std::vector<std::string_view>& out) {
  out.insert(out.end(), program.modules.begin(), program.modules.end());
  for (const LuaProgram::Import& import : program.imports)
    declared_modules(*import.program, out);  // no cycles: the loader
}

Status LuaFactory::create(Context& child, Machine*& machine, std::string& error_text) {
  if (host_memory_limit == kAskChild) host_memory_limit = child.host().memory_limit();
  LuaMachine* const made = LuaMachine::create(child, program_, hooks_, host_memory_limit);
  if (made == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  ProcessRoot& root = made->root();
  uint64_t seed = random_seed_ ^ child.pid().value;
  root.random_seed = split_mix64(seed);
  const PausedTick paused;
  if (!made->create_heap()) {
    const bool limited = root.memory_limit != 0;
    made->discard();
    if (limited) return Status::error(ErrorKind::kInternal, "memory limit exceeded");
    return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }
  lua_State* const L = made->main_state();
  root.loading = true;
  root.running = L;
  install_hooks(L, root);
  LoadRequest request{program_.get(), &hooks_, arguments_};
  lua_pushcfunction(L, task_body);
  lua_pushcfunction(L, load_program);
  lua_pushlightuserdata(L, &request);
  const int status = lua_pcall(L, 1, LUA_MULTRET, 0);
  root.running = nullptr;
  if (status != LUA_OK) {
    static_cast<void>(is_fatal(L, status));
    const Status result = failure(L, root, request, error_text);
    made->close(child, true);
    return result;
  }
  end_loading(L, root);
  made->main_task().arguments = lua_gettop(L) - 1;
  machine = made;
  return Status::good();
}

}  // namespace wippy::lua
