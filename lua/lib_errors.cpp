// The errors library and the methods of error objects (spec/process.md §5.1-5.3).
#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

#include "lua/error_object.hpp"
#include "lua/state.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

ErrorObject& check_error(lua_State* L, int index) { return check_user_as<ErrorObject>(L, index, kErrorType); }

// By ErrorKind: the texts that scripts see.
constexpr const char* kKindNames[] = {
    "",         "",         "NotFound", "AlreadyExists", "Invalid",    "PermissionDenied", "Unavailable",
    "Internal", "Canceled", "Conflict", "Timeout",       "RateLimited"};
static_assert(std::size(kKindNames) == static_cast<std::size_t>(ErrorKind::kRateLimited) + 1);

// Unknown text gives kUnknown.
ErrorKind kind_of(std::string_view name) {
  const auto found = std::find(std::begin(kKindNames) + 2, std::end(kKindNames), name);
  return found == std::end(kKindNames) ? ErrorKind::kUnknown : static_cast<ErrorKind>(found - std::begin(kKindNames));
}

// --- methods

int error_message(lua_State* L) {
  check_error(L, 1);
  lua_getiuservalue(L, 1, kErrorMessageSlot);
  return 1;
}

int error_kind(lua_State* L) {
  lua_pushstring(L, kind_name(check_error(L, 1).kind));
  return 1;
}

int error_retryable(lua_State* L) {
  const Retryable r = check_error(L, 1).retryable;
  if (r == Retryable::kUnset) {
    lua_pushnil(L);
  } else {
    lua_pushboolean(L, r == Retryable::kYes);
  }
  return 1;
}

// A fresh copy each time: scripts may change what they get.
int error_details(lua_State* L) {
  check_error(L, 1);
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, kErrorDetailsSlot);
  if (lua_type(L, -1) == LUA_TTABLE) push_copy(L, lua_gettop(L));
  return 1;
}

int error_stack(lua_State* L) {
  check_error(L, 1);
  lua_getiuservalue(L, 1, kErrorStackSlot);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"message", error_message}, {"kind", error_kind},   {"retryable", error_retryable},
    {"details", error_details}, {"stack", error_stack}, {nullptr, nullptr},
};

// Methods first, then those of strings: e:find("x") works on the message. [-2, +1, e]
int error_index(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char* name = lua_tostring(L, 2);
  for (const luaL_Reg* m = kMethods; m->name != nullptr; ++m) {
    if (std::strcmp(m->name, name) == 0) {
      lua_pushcfunction(L, m->func);
      return 1;
    }
  }
  if (!push_global(L, "string")) return 0;
  lua_pushvalue(L, 2);
  lua_gettable(L, -2);
  return 1;
}

void fill_error(lua_State* L) {
  set_function(L, "__index", error_index);
  set_function(L, "__tostring", error_message);
  set_function(L, "__concat", concat_texts);
}

// --- library

// Replaces the value on top by a private copy; nothing for an empty table. [-1, +1, e]
void own_details(lua_State* L) {
  lua_pushnil(L);
  if (lua_next(L, -2) == 0) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return;
  }
  lua_pop(L, 2);
  push_copy(L, lua_gettop(L));
  lua_remove(L, -2);
}

// Pushes a new error with the present stack. [-0, +1, m]
ErrorObject& new_error(lua_State* L, std::string_view message) {
  push_stack_text(L, 1);
  std::size_t length = 0;
  const char* stack = lua_tolstring(L, -1, &length);
  push_error(L, ErrorKind::kUnknown, Retryable::kUnset, message, {stack, length});
  lua_remove(L, -2);
  return *static_cast<ErrorObject*>(lua_touserdata(L, -1));
}

// errors.new("message") or errors.new{message=, kind=, retryable=, details=} [-1, +1, v]
int errors_new(lua_State* L) {
  lua_settop(L, 1);
  std::size_t length = 0;
  if (lua_type(L, 1) != LUA_TTABLE) {
    const char* text = luaL_checklstring(L, 1, &length);
    new_error(L, {text, length});
    return 1;
  }
  if (lua_getfield(L, 1, "message") != LUA_TSTRING)
    return luaL_error(L, "errors.new: field 'message' must be a string");
  const char* text = lua_tolstring(L, -1, &length);
  ErrorObject& e = new_error(L, {text, length});
  const int object = lua_gettop(L);
  if (lua_getfield(L, 1, "kind") == LUA_TSTRING) {
    std::size_t bytes = 0;
    const char* kind = lua_tolstring(L, -1, &bytes);
    e.kind = kind_of({kind, bytes});
  }
  if (lua_getfield(L, 1, "retryable") == LUA_TBOOLEAN) {
    e.retryable = lua_toboolean(L, -1) ? Retryable::kYes : Retryable::kNo;
  }
  if (lua_getfield(L, 1, "details") == LUA_TTABLE) {
    own_details(L);
    lua_setiuservalue(L, object, kErrorDetailsSlot);
  }
  lua_settop(L, object);
  return 1;
}

// errors.wrap(error or text, context): the context shows in the stack only. [-2, +1, v]
int errors_wrap(lua_State* L) {
  lua_settop(L, 2);
  const char* context = luaL_checkstring(L, 2);
  const ErrorObject* inner = to_user_as<ErrorObject>(L, 1, kErrorType);
  std::size_t length = 0;
  if (inner == nullptr) {
    luaL_checkstring(L, 1);
    lua_pushvalue(L, 1);
    lua_pushliteral(L, "");
  } else {
    lua_getiuservalue(L, 1, kErrorMessageSlot);
    lua_getiuservalue(L, 1, kErrorStackSlot);
  }
  push_stack_text(L, 1);  // 3 message, 4 inner stack, 5 present stack
  lua_pushfstring(L, "context: %s\n%s%s", context, lua_tostring(L, 5), lua_tostring(L, 4));
  std::size_t stack_length = 0;
  const char* stack = lua_tolstring(L, 6, &stack_length);
  const char* message = lua_tolstring(L, 3, &length);
  push_error(L, inner != nullptr ? inner->kind : ErrorKind::kUnknown,
             inner != nullptr ? inner->retryable : Retryable::kUnset, {message, length}, {stack, stack_length});
  if (inner != nullptr && lua_getiuservalue(L, 1, kErrorDetailsSlot) == LUA_TTABLE) {
    push_copy(L, lua_gettop(L));
    lua_setiuservalue(L, 7, kErrorDetailsSlot);
  }
  lua_settop(L, 7);
  return 1;
}

int errors_is(lua_State* L) {
  const ErrorObject* e = to_user_as<ErrorObject>(L, 1, kErrorType);
  const char* kind = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : nullptr;
  lua_pushboolean(L, e != nullptr && kind != nullptr && std::strcmp(kind_name(e->kind), kind) == 0);
  return 1;
}

// One line of the stack text as {level, source, line, name, type}. [-0, +1, m]
void push_frame(lua_State* L, std::string_view line, int level) {
  lua_createtable(L, 0, 5);
  const std::size_t in = line.find(": in ");
  std::string_view where = line.substr(0, in);
  std::string_view what = in == std::string_view::npos ? std::string_view() : line.substr(in + 5);
  lua_Integer number = 0;
  if (const std::size_t colon = where.rfind(':'); colon != std::string_view::npos && colon + 1 < where.size()) {
    bool digits = true;
    for (const char c : where.substr(colon + 1)) {
      digits = digits && c >= '0' && c <= '9';
      number = digits ? number * 10 + (c - '0') : 0;
    }
    if (digits) where = where.substr(0, colon);
  }
  const std::size_t space = what.find(' ');
  const std::string_view type = what.substr(0, space);
  const std::string_view name = space == std::string_view::npos ? std::string_view() : what.substr(space + 1);
  lua_pushinteger(L, level);
  lua_setfield(L, -2, "level");
  lua_pushlstring(L, where.data(), where.size());
  lua_setfield(L, -2, "source");
  lua_pushinteger(L, number);
  lua_setfield(L, -2, "line");
  lua_pushlstring(L, name.data(), name.size());
  lua_setfield(L, -2, "name");
  lua_pushlstring(L, type.data(), type.size());
  lua_setfield(L, -2, "type");
}

// errors.call_stack(e) -> {thread, frames} | nil [-1, +1, m]
int errors_call_stack(lua_State* L) {
  lua_settop(L, 1);
  if (to_user(L, 1, kErrorType) == nullptr) return 0;
  lua_getiuservalue(L, 1, kErrorStackSlot);
  std::size_t length = 0;
  const char* text = lua_tolstring(L, 2, &length);
  if (text == nullptr || length == 0) return 0;
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "main");
  lua_setfield(L, -2, "thread");
  lua_newtable(L);
  std::string_view rest(text, length);
  int level = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.find(": in ") == std::string_view::npos) continue;  // a line of context
    push_frame(L, line, level++);
    lua_rawseti(L, -2, level);
  }
  lua_setfield(L, -2, "frames");
  return 1;
}

// The texts are those of kKindNames; the test C-289 compares them.
constexpr LibraryEntry kLibrary[] = {
    {"new", errors_new},
    {"wrap", errors_wrap},
    {"is", errors_is},
    {"call_stack", errors_call_stack},
    {"NOT_FOUND", nullptr, false, 0, "NotFound"},
    {"ALREADY_EXISTS", nullptr, false, 0, "AlreadyExists"},
    {"INVALID", nullptr, false, 0, "Invalid"},
    {"PERMISSION_DENIED", nullptr, false, 0, "PermissionDenied"},
    {"UNAVAILABLE", nullptr, false, 0, "Unavailable"},
    {"INTERNAL", nullptr, false, 0, "Internal"},
    {"CANCELED", nullptr, false, 0, "Canceled"},
    {"CONFLICT", nullptr, false, 0, "Conflict"},
    {"TIMEOUT", nullptr, false, 0, "Timeout"},
    {"RATE_LIMITED", nullptr, false, 0, "RateLimited"},
    {"UNKNOWN", nullptr, false, 0, ""},
    {nullptr, nullptr},
};

}  // namespace

const UserType kErrorType = {"error", fill_error};

const char* kind_name(ErrorKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

int open_errors(lua_State* L) {
  push_lazy_table(L, kLibrary);
  push_read_only(L);
  return 1;
}

}  // namespace wippy::lua
