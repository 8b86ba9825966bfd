// The ctx module: the context values this process has inherited (spec/process.md §6.4). Every answer is a fresh copy.
#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/process_args.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/frame_context.hpp"

namespace wippy::lua {

namespace {

// ctx.get(key) -> value | nil, error [-1, +(1|2), e]
int ctx_get(lua_State* L) {
  std::string_view key;
  if (!text_argument(L, 1, key) || key.empty())
    return return_error(L, ErrorKind::kInvalid, "ctx.get: a key is required");
  const std::string_view value = context_of(L).context_value(key);
  if (value.empty()) return return_errorf(L, ErrorKind::kNotFound, "key not found: %s", lua_tostring(L, 1));
  push_value(L, value);
  return 1;
}

// ctx.all() -> table [-0, +1, e]
int ctx_all(lua_State* L) {
  lua_settop(L, 0);
  lua_newtable(L);
  const FramePtr& frame = context_of(L).frame();
  if (frame == nullptr) return 1;
  frame->each([L](std::string_view key, std::string_view value) {
    lua_pushlstring(L, key.data(), key.size());
    push_value(L, value);
    lua_rawset(L, 1);
  });
  return 1;
}

}  // namespace

constexpr LibraryEntry kCtxLibrary[] = {
    {"get", ctx_get},
    {"all", ctx_all},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
