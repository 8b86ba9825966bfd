#include "lua/security_object.hpp"

namespace wippy::lua {

namespace {

template <class T, const LibraryEntry* methods>
void fill(lua_State* L) {
  set_methods(L, methods);
  set_function(L, "__gc", collect_held<std::shared_ptr<const T>>);
}

template <class T>
void push(lua_State* L, const UserType& type, const std::shared_ptr<const T>& value) {
  push_held<std::shared_ptr<const T>>(L, type) = value;
}

}  // namespace

const UserType kActorType = {"security actor", fill<Actor, kActorMethods>};
const UserType kScopeType = {"security scope", fill<Scope, kScopeMethods>};
const UserType kPolicyType = {"security policy", fill<Policy, kPolicyMethods>};

void push_actor(lua_State* L, const std::shared_ptr<const Actor>& actor) { push(L, kActorType, actor); }
void push_scope(lua_State* L, const std::shared_ptr<const Scope>& scope) { push(L, kScopeType, scope); }
void push_policy(lua_State* L, const PolicyPtr& policy) { push(L, kPolicyType, policy); }

}  // namespace wippy::lua
