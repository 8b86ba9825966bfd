// Security actors and scopes as Lua objects: what scripts hold and SpawnBuilder takes (spec/process.md §1.15, §6.8). Opaque:
// what they are is the security layer's business. An object holds one reference, until it is collected or the process ends.
#pragma once

#include <memory>

#include <lua5.4/lua.hpp>

#include "lua/machine.hpp"
#include "lua/user_type.hpp"
#include "runtime/process/frame_context.hpp"

namespace wippy::lua {

template <class T>
struct SecurityObject : Resource {
  std::shared_ptr<const T> held;
};

extern const UserType kActorType;
extern const UserType kScopeType;
extern const LibraryEntry kActorMethods[];  // lua/lib_security.cpp
extern const LibraryEntry kScopeMethods[];

// The argument is somebody else's: an error may jump over the caller's frame. [-0, +1, m]
void push_actor(lua_State* L, const std::shared_ptr<const Actor>& actor);
void push_scope(lua_State* L, const std::shared_ptr<const Scope>& scope);

// Null: the value at `index` is none. Needs three free slots. [-0, +0, -]
inline SecurityObject<Actor>* to_actor(lua_State* L, int index) {
  return to_user_as<SecurityObject<Actor>>(L, index, kActorType);
}
inline SecurityObject<Scope>* to_scope(lua_State* L, int index) {
  return to_user_as<SecurityObject<Scope>>(L, index, kScopeType);
}

}  // namespace wippy::lua
