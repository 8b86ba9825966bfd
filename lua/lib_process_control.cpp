// terminate, cancel, monitors, links, options (spec/process.md §1.5-1.9).
#include <cstring>

#include "lua/duration.hpp"
#include "lua/error_object.hpp"
#include "lua/lib_process.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

// process.terminate(destination); of oneself it does not return.
int process_terminate(lua_State* L) {
  Pid target;
  if (!check_published(L, "terminate") || !destination_argument(L, "terminate", target)) return 2;
  if (!permitted_target(L, "process.terminate", target, "not allowed to terminate: ")) return 2;
  Context& self = context_of(L);
  const Status s = self.terminate(target);
  if (s.ok() && target == self.pid()) return stop_here(L);
  return return_done(L, s);
}

namespace {

// The deadline at 2: 0 is none. False: nil and the error are pushed.
bool deadline_argument(lua_State* L, uint64_t& ns) {
  ns = 0;
  if (lua_isnoneornil(L, 2)) return true;
  int64_t value = 0;
  switch (to_duration(L, 2, 1'000'000, value)) {
    case DurationArgument::kOk: break;
    case DurationArgument::kBadText:
      return_errorf(L, ErrorKind::kInvalid, "invalid duration format: %s", lua_tostring(L, 2));
      return false;
    case DurationArgument::kBadNumber:
      return_error(L, ErrorKind::kInvalid, "invalid duration format: number out of range");
      return false;
    case DurationArgument::kBadType:
      return_error(L, ErrorKind::kInvalid, "deadline must be either a duration string or milliseconds number");
      return false;
  }
  if (value < 0) {
    return_error(L, ErrorKind::kInvalid, "deadline must not be negative");
    return false;
  }
  ns = static_cast<uint64_t>(value);
  return true;
}

}  // namespace

int process_cancel(lua_State* L) {
  Pid target;
  uint64_t deadline_ns = 0;
  std::string_view text;
  // The deadline is judged before the destination is resolved, but a missing destination comes first.
  if (text_argument(L, 1, text) && !deadline_argument(L, deadline_ns)) return 2;
  if (!check_published(L, "cancel") || !destination_argument(L, "cancel", target)) return 2;
  if (!permitted_target(L, "process.cancel", target, "not allowed to cancel: ")) return 2;
  return return_done(L, context_of(L).cancel(target, deadline_ns));
}

int process_monitor(lua_State* L) {
  Pid target;
  if (!check_published(L, "monitor") || !destination_argument(L, "monitor", target)) return 2;
  if (!permitted_target(L, "process.monitor", target, "not allowed to monitor: ")) return 2;
  return return_done(L, context_of(L).monitor(target));
}

namespace {

struct Undo {
  const char* function;
  std::string_view action;
  const char* denial;
  Status (Context::*call)(Pid) noexcept;
};

// For unmonitor and unlink a PID of nobody is fine: there is nothing to undo.
int undo(lua_State* L, const Undo& what) {
  if (!check_published(L, what.function)) return 2;
  std::string_view text;
  Pid target;
  if (text_argument(L, 1, text) && NodeCore::looks_like_pid(text)) {
    static_cast<void>(resolve_destination(context_of(L), text, target));
    if (!target) return permitted(L, what.action, text, what.denial) ? return_done(L, Status::good()) : 2;
  } else if (!destination_argument(L, what.function, target)) {
    return 2;
  }
  if (!permitted_target(L, what.action, target, what.denial)) return 2;
  return return_done(L, (context_of(L).*what.call)(target));
}

}  // namespace

int process_unmonitor(lua_State* L) {
  return undo(L, {"unmonitor", "process.unmonitor", "not allowed to unmonitor: ", &Context::unmonitor});
}
int process_unlink(lua_State* L) {
  return undo(L, {"unlink", "process.unlink", "not allowed to unlink: ", &Context::unlink});
}

int process_link(lua_State* L) {
  Pid target;
  if (!check_published(L, "link") || !destination_argument(L, "link", target)) return 2;
  if (!permitted_target(L, "process.link", target, "not allowed to link: ")) return 2;
  return return_done(L, context_of(L).link(target));
}

// --- options

int process_get_options(lua_State* L) {
  lua_createtable(L, 0, 1);
  lua_pushboolean(L, context_of(L).trap_links());
  lua_setfield(L, -2, "trap_links");
  return 1;
}

// Nothing is applied when anything is wrong.
int process_set_options(lua_State* L) {
  if (lua_type(L, 1) != LUA_TTABLE)
    return return_false_error(L, ErrorKind::kInvalid, "options parameter must be a table");
  int trap_links = -1;
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const char* key = lua_tostring(L, -2);
      if (std::strcmp(key, "trap_links") != 0) {
        return return_false_error(L, ErrorKind::kInvalid, "option %s is not supported", key);
      }
      if (lua_type(L, -1) != LUA_TBOOLEAN)
        return return_false_error(L, ErrorKind::kInvalid, "trap_links must be a boolean");
      trap_links = lua_toboolean(L, -1);
    }
    lua_pop(L, 1);
  }
  if (trap_links >= 0) context_of(L).set_trap_links(trap_links != 0);
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace wippy::lua
