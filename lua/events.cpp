#include "lua/events.hpp"

#include "lua/error_object.hpp"
#include "lua/state.hpp"
#include "lua/time_object.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

constexpr char kResultMetaKey = 0;  // its address

// tostring(event.result) shows the error or the value. [-1, +1, e]
int result_tostring(lua_State* L) {
  if (lua_getfield(L, 1, "error") == LUA_TNIL) lua_getfield(L, 1, "value");
  push_text(L, lua_gettop(L), nullptr);
  return 1;
}

// [-0, +0, m]
void set_result_metatable(lua_State* L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kResultMetaKey) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    set_function(L, "__tostring", result_tostring);
    set_function(L, "__concat", concat_texts);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kResultMetaKey);
  }
  lua_setmetatable(L, -2);
}

// The event table is on top. [-0, +0, m]
void set_names(lua_State* L, const char* kind, const char* type) {
  lua_pushstring(L, kind);
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, type);
  lua_setfield(L, -2, "type");
}

// [-0, +0, e]
void set_result(lua_State* L, const Signal& s) {
  const int event = lua_gettop(L);
  push_exit_result(L, s);  // event, value, error
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "error");
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "value");
  set_result_metatable(L);
  lua_setfield(L, event, "result");
  lua_setfield(L, event, "error");
  lua_setfield(L, event, "value");
}

// [-0, +0, m]
void set_deadline(lua_State* L, uint64_t unix_ns) {
  if (unix_ns == 0) return;
  TimeValue t;
  t.unix_s = static_cast<int64_t>(unix_ns / 1'000'000'000u);
  t.nanos = static_cast<uint32_t>(unix_ns % 1'000'000'000u);
  char text[kTimeTextBytes];
  const std::size_t length = format_rfc3339_nano(t, text);
  lua_pushlstring(L, text, length);
  lua_setfield(L, -2, "deadline");
}

}  // namespace

void push_exit_result(lua_State* L, const Signal& s) {
  luaL_checkstack(L, 10, nullptr);
  const bool abnormal = (s.flags & Signal::kAbnormal) != 0;
  if (abnormal) lua_pushnil(L);
  if (s.body_bytes != 0) {
    push_value(L, {s.body(), s.body_bytes});
  } else if (abnormal) {
    push_error(L, ErrorKind::kInternal, Retryable::kNo, "process failed", {});  // there was no memory for the reason
  } else {
    lua_pushnil(L);
  }
  if (!abnormal) lua_pushnil(L);
}

void push_event(lua_State* L, const Signal& s, int64_t at_unix_s) {
  luaL_checkstack(L, 12, nullptr);
  lua_createtable(L, 0, 7);
  switch (s.kind) {
    case SignalKind::kExit:
      set_names(L, kEventExit, "EXIT");
      set_result(L, s);
      break;
    case SignalKind::kLinkDown:
      set_names(L, kEventLinkDown, "LINK_DOWN");
      set_result(L, s);
      break;
    default:
      set_names(L, kEventCancel, "CANCEL");
      set_deadline(L, s.ref);
      break;
  }
  if (s.from) {
    push_pid(L, s.from);
    lua_setfield(L, -2, "from");
  }
  lua_pushinteger(L, at_unix_s);
  lua_setfield(L, -2, "at");
}

}  // namespace wippy::lua
