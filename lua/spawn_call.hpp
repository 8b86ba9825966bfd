// One call of spawn and its variants: the module's, or a SpawnBuilder's.
#pragma once

#include <string_view>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"
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

// Of a builder or another object with the same slots for values, actor and scope. Null: the caller's frame. Needs eight free
// slots. INVALID: the values are too large. [-0, +0, -]
inline constexpr int kFrameValuesSlot = 1;
inline constexpr int kFrameActorSlot = 4;
inline constexpr int kFrameScopeSlot = 5;
Status read_builder_frame(lua_State* L, int index, FramePtr& out) noexcept;
// A new object like the one at 1, of this type and with as many user values, but with the value on top in `slot`. [-1, +1, m]
void copy_with_top(lua_State* L, const UserType& type, int slots, int slot);
// The stack is such an object and a table: pushes the object's values with the table's pairs over them, encoded. False: nil and
// the error are pushed. [-0, +(1|3), e]
bool merge_context_values(lua_State* L);

// The stack: a builder or not, then entry id, host id, arguments. builder: its index, 1, or 0. Returns pid | nil, error.
// [-0, +(1|2), e]
int spawn_call(lua_State* L, const SpawnRequest& request, int builder);

}  // namespace wippy::lua
