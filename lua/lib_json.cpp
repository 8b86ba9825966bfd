// The json module (spec/process.md §6.6). encode: nil is null, an empty table [], the keys 1…n an array, string keys an object;
// anything else, a cycle and more than 128 levels are refused. A Payload is its data, an error object {details, kind, message,
// retryable}, a time its RFC 3339 text, a duration its text ("1h30m0s"). decode: null is nil, so a member that is null does not
// exist and an array may have holes; of equal keys the last counts.
#include "lua/error_object.hpp"
#include "lua/json_text.hpp"
#include "lua/library.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

// json.encode(value) -> text | nil, INTERNAL [-1, +(1|2), m]
int json_encode(lua_State* L) {
  lua_settop(L, 1);
  JsonFault fault;
  return push_json(L, 1, fault) ? 1 : return_json_fault(L, "json.encode", fault);
}

// json.decode(text) -> value | nil, INVALID or INTERNAL [-1, +(1|2), m]
int json_decode(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    return return_errorf(L, ErrorKind::kInvalid, "json.decode: a string is needed, got %s", luaL_typename(L, 1));
  std::size_t length = 0;
  const char* text = lua_tolstring(L, 1, &length);
  if (length == 0) return return_error(L, ErrorKind::kInvalid, "json.decode: the string is empty");
  JsonFault fault;
  return push_json_value(L, {text, length}, fault) ? 1 : return_json_fault(L, "json.decode", fault);
}

}  // namespace

constexpr LibraryEntry kJsonLibrary[] = {
    {"encode", json_encode},
    {"decode", json_decode},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
