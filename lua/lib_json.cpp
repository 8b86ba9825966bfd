// The json module (spec/process.md §6.6). encode: nil is null, an empty table [], the keys 1…n an array, string keys an object;
// anything else, a cycle and more than 128 levels are refused. A Payload is its data, an error object {details, kind, message,
// retryable}, a time its RFC 3339 text, a duration its text ("1h30m0s"). decode: null is nil, so a member that is null does not
// exist and an array may have holes; of equal keys the last counts.
#include "lua/error_object.hpp"
#include "lua/json_parts.hpp"
#include "lua/json_schema.hpp"
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

// --- validation. Its own frames: nothing raises while the texts are alive, and nothing is pushed.

std::string_view text_at(lua_State* L, int index) {
  std::size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return {text, length};
}

// The schema at 1, a text or a table, against `text`.
bool validate_with(lua_State* L, std::string_view text, JsonFault& fault) noexcept {
  if (lua_type(L, 1) == LUA_TSTRING) return validate_json(text_at(L, 1), text, fault);
  JsonSink schema;
  if (lua_type(L, 1) != LUA_TTABLE && lua_type(L, 1) != LUA_TBOOLEAN)
    return fault.set(ErrorKind::kInvalid, "a schema is a table or a text");
  return write_json(L, 1, schema, fault) && validate_json(schema.view(), text, fault);
}

bool validate_value(lua_State* L, JsonFault& fault) noexcept {
  JsonSink text;
  return write_json(L, 2, text, fault) && validate_with(L, text.view(), fault);
}

// [-0, +(1|2), m]
int return_verdict(lua_State* L, const char* function, const JsonFault& fault) {
  if (!fault.ok()) return return_false_error(L, ErrorKind::kInvalid, "%s: %s", function, fault.message);
  lua_pushboolean(L, 1);
  return 1;
}

// json.validate(schema, value) -> true | false, INVALID
int json_validate(lua_State* L) {
  lua_settop(L, 2);
  JsonFault fault;
  validate_value(L, fault);
  return return_verdict(L, "json.validate", fault);
}

// json.validate_string(schema, text) -> true | false, INVALID
int json_validate_string(lua_State* L) {
  lua_settop(L, 2);
  JsonFault fault;
  if (lua_type(L, 2) != LUA_TSTRING) {
    fault.set(ErrorKind::kInvalid, "a string is needed, got %s", luaL_typename(L, 2));
  } else {
    validate_with(L, text_at(L, 2), fault);
  }
  return return_verdict(L, "json.validate_string", fault);
}

}  // namespace

constexpr LibraryEntry kJsonLibrary[] = {
    {"encode", json_encode},     {"decode", json_decode},
    {"validate", json_validate}, {"validate_string", json_validate_string},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
