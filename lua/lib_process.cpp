// The process library: the table, and who I am (spec/process.md §1.1-1.2).
#include "lua/lib_process.hpp"

#include "lua/error_object.hpp"
#include "lua/events.hpp"
#include "lua/library.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

constexpr char kPidKey = 0;  // its address: the process's own PID text

int process_pid(lua_State* L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kPidKey) == LUA_TSTRING) return 1;
  push_pid(L, context_of(L).pid());
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kPidKey);
  return 1;
}

int process_id(lua_State* L) {
  const LuaProgram* const program = machine_of(L).program();
  if (program == nullptr) return return_error(L, ErrorKind::kInvalid, "process.id: no process");
  lua_pushlstring(L, program->entry_id.data(), program->entry_id.size());
  return 1;
}

int open_event(lua_State* L) {
  lua_createtable(L, 0, 3);
  lua_pushstring(L, kEventCancel);
  lua_setfield(L, -2, "CANCEL");
  lua_pushstring(L, kEventExit);
  lua_setfield(L, -2, "EXIT");
  lua_pushstring(L, kEventLinkDown);
  lua_setfield(L, -2, "LINK_DOWN");
  push_read_only(L);
  return 1;
}

}  // namespace

constexpr LibraryEntry kProcessLibrary[] = {
    {"pid", process_pid},
    {"id", process_id},
    {"send", process_send},
    {"spawn", process_spawn},
    {"spawn_monitored", process_spawn_monitored},
    {"spawn_linked", process_spawn_linked},
    {"spawn_linked_monitored", process_spawn_linked_monitored},
    {"with_context", process_with_context},
    {"exec", process_exec},
    {"call", process_exec},
    {"upgrade", process_upgrade},
    {"terminate", process_terminate},
    {"cancel", process_cancel},
    {"monitor", process_monitor},
    {"unmonitor", process_unmonitor},
    {"link", process_link},
    {"unlink", process_unlink},
    {"get_options", process_get_options},
    {"set_options", process_set_options},
    {"inbox", process_inbox},
    {"events", process_events},
    {"listen", process_listen},
    {"unlisten", process_unlisten},
    {"receive", process_receive},
    {"event", open_event, true},
    {"registry", open_process_registry, true},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
