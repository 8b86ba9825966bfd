#include "lua/permission.hpp"

#include "lua/error_object.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/frame_context.hpp"

namespace wippy::lua {

namespace {

// [-0, +0, m]; the table is on top
void set_text(lua_State* L, const char* field, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
  lua_setfield(L, -2, field);
}

}  // namespace

void push_denial(lua_State* L, std::string_view action, std::string_view resource, const char* what) {
  luaL_checkstack(L, 8, nullptr);
  const std::string_view message = what;
  if (message.ends_with(' ')) {
    lua_pushlstring(L, resource.data(), resource.size());  // "%s" would end at a zero byte
    lua_pushstring(L, what);
    lua_insert(L, -2);
    lua_concat(L, 2);
    std::size_t length = 0;
    const char* const text = lua_tolstring(L, -1, &length);
    return_error(L, ErrorKind::kPermissionDenied, {text, length});
    lua_remove(L, -3);
  } else {
    return_error(L, ErrorKind::kPermissionDenied, message);
  }
  lua_createtable(L, 0, 3);
  set_text(L, "action", action);
  set_text(L, "resource", resource);
  const FramePtr& frame = context_of(L).frame();
  if (frame != nullptr && frame->actor() != nullptr) set_text(L, "actor", frame->actor()->id());
  lua_setiuservalue(L, -2, kErrorDetailsSlot);
}

bool decide_target(lua_State* L, std::string_view action, Pid target, const char* what, std::string_view topic) {
  CheckAttributes attributes;
  attributes.target = target;
  attributes.topic = topic;
  if (decide_permission(context_of(L), action, {}, attributes)) return true;
  char text[kPidTextBytes];
  push_denial(L, action, {text, pid_text(context_of(L).node(), target, text)}, what);
  return false;
}

}  // namespace wippy::lua
