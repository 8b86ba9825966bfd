#include "lua/process_args.hpp"

#include "lua/error_object.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy::lua {

bool text_argument(lua_State* L, int index, std::string_view& out) {
  const int type = lua_type(L, index);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) return false;
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  out = {text, length};
  return true;
}

Status resolve_destination(Context& self, std::string_view text, Pid& out) noexcept {
  if (text.size() > 1 && text.back() == '}') {  // most are what push_pid wrote
    out = self.node().parse_formatted(text);
    if (out) return Status::good();
  }
  if (NodeCore::looks_like_pid(text)) {
    if (Status s = self.node().parse(text, out); !s.ok()) return s;
    return out ? Status::good() : Status::error(ErrorKind::kNotFound, "process not found");
  }
  out = self.lookup_name(text);
  return out ? Status::good() : Status::error(ErrorKind::kNotFound, "name not registered");
}

bool destination_argument(lua_State* L, const char* function, Pid& out) {
  std::string_view text;
  if (!text_argument(L, 1, text)) {
    return_errorf(L, ErrorKind::kInvalid, "process.%s: a destination (PID or registered name) is required", function);
    return false;
  }
  const Status s = resolve_destination(context_of(L), text, out);
  if (s.ok()) return true;
  if (NodeCore::looks_like_pid(text)) {
    return_status(L, s);
  } else {
    return_errorf(L, s.kind, "could not resolve '%s' as PID or registered name", lua_tostring(L, 1));
  }
  return false;
}

bool check_published(lua_State* L, const char* function) {
  if (!root_of(L).loading) return true;
  return_errorf(L, ErrorKind::kInvalid, "process.%s: not available while the program is being loaded", function);
  return false;
}

int return_done(lua_State* L, Status status) {
  if (!status.ok()) return return_status(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace wippy::lua
