// How a process begins and ends: arguments in, result or error out (spec/process.md §1.11).
#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

// Frames of their own: exit reasons and writers have destructors and nothing in them raises.

void finish_normally(lua_State* L, int index) noexcept {
  ValueWriter w;
  w.reset();
  // A value that is too large or too deep is dropped like any other part that cannot be copied.
  const bool has_value = !lua_isnil(L, index) && encode_values(L, w, index, 1, Untransferable::kNil).ok();
  context_of(L).finish(has_value ? ExitReason::normal(w.view().data(), w.view().size()) : ExitReason::normal());
}

void finish_with_text(Context& self, std::string_view message, std::string_view stack) noexcept {
  ValueWriter w;
  w.reset();
  w.begin_error(ErrorKind::kInternal, Retryable::kNo, message, stack);
  w.nil();
  w.end_error();
  if (!w.finish().ok()) return self.finish(ExitReason::failure(ErrorKind::kInternal, message.substr(0, 1'000)));
  self.finish(ExitReason::failure(w.view().data(), w.view().size()));
}

// The error object at `index`; one without a kind counts as INTERNAL.
void finish_with_object(lua_State* L, int index) noexcept {
  auto* e = to_user_as<ErrorObject>(L, index, kErrorType);
  const ErrorKind kind = e->kind;
  if (kind == ErrorKind::kUnknown) e->kind = ErrorKind::kInternal;
  ValueWriter w;
  w.reset();
  const bool ok = encode_values(L, w, index, 1, Untransferable::kNil).ok();
  e->kind = kind;
  Context& self = context_of(L);
  if (!ok) return self.finish(ExitReason::failure(ErrorKind::kInternal, "error too large"));
  self.finish(ExitReason::failure(w.view().data(), w.view().size()));
}

std::string_view text_at(lua_State* L, int index) noexcept {
  std::size_t length = 0;
  const char* text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : nullptr;
  return text != nullptr ? std::string_view(text, length) : std::string_view();
}

// tostring, which a script may have redefined. [-1, +1, e]
int describe(lua_State* L) {
  push_text(L, 1, nullptr);
  return 1;
}

}  // namespace

int push_arguments(lua_State* L, std::string_view bytes) {
  Body body;
  if (!open_body(bytes, body)) return luaL_error(L, "arguments cannot be read");
  push_values(L, body);
  return static_cast<int>(body.count);
}

void main_returned(lua_State* L, int count) {
  luaL_checkstack(L, 20, nullptr);
  const int first = lua_gettop(L) - count + 1;
  if (count >= 2) {
    if (lua_type(L, first + 1) == LUA_TSTRING) return finish_with_text(context_of(L), text_at(L, first + 1), {});
    if (to_user(L, first + 1, kErrorType) != nullptr) return finish_with_object(L, first + 1);
  }
  if (count == 0) {
    context_of(L).finish(ExitReason::normal());
  } else {
    finish_normally(L, first);
  }
}

void task_failed(lua_State* L, int index) {
  luaL_checkstack(L, 20, nullptr);
  if (to_user(L, index, kErrorType) != nullptr) return finish_with_object(L, index);
  int message = index;
  if (lua_type(L, index) != LUA_TSTRING) {
    lua_pushcfunction(L, describe);
    lua_pushvalue(L, index);
    const int status = lua_pcall(L, 1, 1, 0);
    if (is_fatal(L, status)) raise_fatal(L);
    if (status != LUA_OK || lua_type(L, -1) != LUA_TSTRING)
      lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, index));
    message = lua_gettop(L);
  }
  finish_with_text(context_of(L), text_at(L, message), text_at(L, index + 1));
}

}  // namespace wippy::lua
