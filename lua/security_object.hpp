// Security actors, scopes and policies as Lua objects: what scripts hold and SpawnBuilder takes (spec/host.md §5.6). An object holds one reference, until it is collected or the process ends.
#pragma once

#include <memory>

#include <lua5.4/lua.hpp>

#include "lua/held.hpp"
#include "lua/user_type.hpp"
#include "runtime/process/frame_context.hpp"
#include "runtime/process/security.hpp"

namespace wippy::lua {

template <class T>
using SecurityObject = Held<std::shared_ptr<const T>>;

extern const UserType kActorType;
extern const UserType kScopeType;
extern const UserType kPolicyType;
extern const LibraryEntry kActorMethods[];  // lua/lib_security.cpp
extern const LibraryEntry kScopeMethods[];
extern const LibraryEntry kPolicyMethods[];

// The argument is somebody else's: an error may jump over the caller's frame. [-0, +1, m]
void push_actor(lua_State* L, const std::shared_ptr<const Actor>& actor);
void push_scope(lua_State* L, const std::shared_ptr<const Scope>& scope);
void push_policy(lua_State* L, const PolicyPtr& policy);

// Null: the value at `index` is none. Needs three free slots. [-0, +0, -]
inline SecurityObject<Actor>* to_actor(lua_State* L, int index) {
  return to_resource<SecurityObject<Actor>>(L, index, kActorType);
}
inline SecurityObject<Scope>* to_scope(lua_State* L, int index) {
  return to_resource<SecurityObject<Scope>>(L, index, kScopeType);
}
inline SecurityObject<Policy>* to_policy(lua_State* L, int index) {
  return to_resource<SecurityObject<Policy>>(L, index, kPolicyType);
}

}  // namespace wippy::lua
