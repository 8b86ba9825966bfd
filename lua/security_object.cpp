#include "lua/security_object.hpp"

#include <new>

#include "lua/task.hpp"

namespace wippy::lua {

namespace {

template <class T>
void let_go(Resource* r, Context&) noexcept {
  static_cast<SecurityObject<T>*>(r)->held.reset();
}

// [-1, +0, -]
template <class T>
int collect(lua_State* L) {
  SecurityObject<T>* const object = resource_at<SecurityObject<T>>(L, 1);
  if (object == nullptr) return 0;
  machine_of(L).remove_resource(object);
  free_resource<SecurityObject<T>>(L, 1);
  return 0;
}

template <class T, const LibraryEntry* methods>
void fill(lua_State* L) {
  set_methods(L, methods);
  set_function(L, "__gc", collect<T>);
}

template <class T>
void push(lua_State* L, const UserType& type, const std::shared_ptr<const T>& held) {
  auto* const object = new_resource<SecurityObject<T>>(L, type);
  object->release = let_go<T>;
  object->held = held;
  machine_of(L).add_resource(object);
}

}  // namespace

const UserType kActorType = {"security actor", fill<Actor, kActorMethods>};
const UserType kScopeType = {"security scope", fill<Scope, kScopeMethods>};
const UserType kPolicyType = {"security policy", fill<Policy, kPolicyMethods>};

void push_actor(lua_State* L, const std::shared_ptr<const Actor>& actor) { push(L, kActorType, actor); }
void push_scope(lua_State* L, const std::shared_ptr<const Scope>& scope) { push(L, kScopeType, scope); }
void push_policy(lua_State* L, const PolicyPtr& policy) { push(L, kPolicyType, policy); }

}  // namespace wippy::lua
