#include "lua/error_object.hpp"

#include <cstdarg>

#include "lua/state.hpp"

namespace wippy::lua {

namespace {

constexpr int kMaxFrames = 24;

// [-0, +0, m]
void add_frame(lua_State* L, luaL_Buffer* out, lua_Debug* ar) {
  lua_getinfo(L, "Snl", ar);
  const char* what = *ar->what == 'm' ? "main chunk" : (ar->name != nullptr ? ar->name : "?");
  if (ar->currentline > 0) {
    lua_pushfstring(L, "%s:%d: in %s %s\n", ar->short_src, ar->currentline, *ar->what == 'm' ? "the" : "function",
                    what);
  } else {
    lua_pushfstring(L, "%s: in function %s\n", ar->short_src, what);
  }
  luaL_addvalue(out);
}

int return_with(lua_State* L, ErrorKind kind, Retryable retryable, std::string_view message) {
  push_stack_text(L, 1);
  std::size_t length = 0;
  const char* stack = lua_tolstring(L, -1, &length);
  push_error(L, kind, retryable, message, {stack, length});
  lua_remove(L, -2);
  return 2;
}

}  // namespace

void push_stack_text(lua_State* L, int level) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  lua_Debug ar;
  for (int i = 0; i < kMaxFrames && lua_getstack(L, level + i, &ar); ++i) add_frame(L, &text, &ar);
  luaL_pushresult(&text);
}

void push_error(lua_State* L, ErrorKind kind, Retryable retryable, std::string_view message, std::string_view stack) {
  luaL_checkstack(L, 5, nullptr);
  auto* e = static_cast<ErrorObject*>(new_user(L, kErrorType, sizeof(ErrorObject), 3));
  e->kind = kind;
  e->retryable = retryable;
  lua_pushlstring(L, message.data(), message.size());
  lua_setiuservalue(L, -2, kErrorMessageSlot);
  lua_pushlstring(L, stack.data(), stack.size());
  lua_setiuservalue(L, -2, kErrorStackSlot);
}

int return_error(lua_State* L, ErrorKind kind, std::string_view message, bool may_retry) {
  lua_pushnil(L);
  return return_with(L, kind, may_retry ? Retryable::kYes : Retryable::kNo, message);
}

int return_errorf(lua_State* L, ErrorKind kind, const char* format, ...) {
  lua_pushnil(L);
  va_list list;
  va_start(list, format);
  const char* text = lua_pushvfstring(L, format, list);
  va_end(list);
  return_with(L, kind, Retryable::kNo, text);
  lua_remove(L, -2);
  return 2;
}

int return_status(lua_State* L, Status status) {
  lua_pushnil(L);
  return return_with(L, status.kind, status.retryable ? Retryable::kYes : Retryable::kNo, status.message);
}

int return_false_error(lua_State* L, ErrorKind kind, const char* format, ...) {
  lua_pushboolean(L, 0);
  va_list list;
  va_start(list, format);
  const char* text = lua_pushvfstring(L, format, list);
  va_end(list);
  return_with(L, kind, Retryable::kNo, text);
  lua_remove(L, -2);
  return 2;
}

}  // namespace wippy::lua
