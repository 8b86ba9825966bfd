// One call of spawn and its variants: the module's, or a SpawnBuilder's.
#pragma once

#include <string_view>
#include <vector>

#include <lua5.4/lua.hpp>

#include "runtime/process/context.hpp"

namespace wippy::lua {

struct SpawnRequest {
  const char* function;  // for error texts
  bool monitor = false;
  bool link = false;
  bool private_watch = false;
};

// What a builder adds. Texts are borrowed from the builder's Lua values, which stay on the stack during the call.
struct BuilderParts {
  FramePtr frame;  // null: the caller's
  std::vector<std::string_view> messages;
  SpawnExtras extras;
};
// From the builder at `index`; needs eight free slots. INVALID: its context values are too large. [-0, +0, -]
Status read_builder(lua_State* L, int index, BuilderParts& out) noexcept;

// The stack: a builder or not, then entry id, host id, arguments. builder: its index, 1, or 0. Returns pid | nil, error.
// [-0, +(1|2), e]
int spawn_call(lua_State* L, const SpawnRequest& request, int builder);

}  // namespace wippy::lua
