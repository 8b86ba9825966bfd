// The security module (spec/host.md §5.6): actors, scopes and policies, and what the running process may do. Wrong types raise;
// what is denied or does not exist is `nil, error`.
#include <memory>

#include "lua/error_object.hpp"
#include "lua/hooks.hpp"
#include "lua/library.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/security_object.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/security.hpp"

namespace wippy::lua {

namespace {

const std::shared_ptr<const Actor> kNobody;
const PolicyPtr kNoPolicy;
const std::shared_ptr<const Scope> kEmptyScope = std::make_shared<const Scope>();

constexpr const char* kNoScope = "not allowed to create scope: ";

// A text, which may hold zero bytes. [-0, +0, v]
std::string_view check_text(lua_State* L, int index) {
  std::size_t length = 0;
  const char* const text = luaL_checklstring(L, index, &length);
  return {text, length};
}

// Nil, nothing or a table. [-0, +0, v]
void check_meta(lua_State* L, int index) {
  if (!lua_isnoneornil(L, index)) luaL_checktype(L, index, LUA_TTABLE);
}

// The attributes that a script gives; what cannot be encoded in it is left out.
class GivenAttributes final : public Attributes {
 public:
  explicit GivenAttributes(std::string_view encoded) : tree_(encoded) {}
  Fact find(std::string_view path) const noexcept override { return tree_.find(path); }

 private:
  const FactTree tree_;
};

// Calls ask(const Attributes&) with the table at `index`, if there is one. Its own frame: what it holds has destructors and
// nothing in here raises. [-0, +0, -]
template <class Ask>
auto with_meta(lua_State* L, int index, Ask ask) noexcept {
  ValueWriter w;
  w.reset();
  const bool given = lua_istable(L, index) && encode_values(L, w, index, 1, Untransferable::kNil).ok();
  const GivenAttributes attributes(given ? w.view() : std::string_view{});
  return ask(static_cast<const Attributes&>(attributes));
}

// --- actors

// Its own frame, as above. `out` is in a userdata. [-0, +0, -]
EncodeResult make_actor(lua_State* L, std::string_view id, SecurityObject<Actor>& out) noexcept {
  ValueWriter w;
  w.reset();
  const EncodeResult r = encode_values(L, w, 2, 1, Untransferable::kRefuse);
  if (r.ok()) out.value = std::make_shared<const Actor>(id, w.view());
  return r;
}

// security.new_actor(id[, meta]) -> Actor | nil, error [-n, +(1|2), e]
int security_new_actor(lua_State* L) {
  lua_settop(L, 2);
  const std::string_view id = check_text(L, 1);
  check_meta(L, 2);
  if (id.empty()) return return_error(L, ErrorKind::kInvalid, "security.new_actor: an ID is required");
  if (!permitted(L, "security.actor.create", id, "not allowed to create actor: ")) return 2;
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  }
  push_actor(L, kNobody);
  const EncodeResult r = make_actor(L, id, *to_actor(L, 3));
  return r.ok() ? 1 : return_encode_error(L, r, "give");
}

int actor_id(lua_State* L) {
  const auto& object = check_resource<SecurityObject<Actor>>(L, 1, kActorType);
  lua_pushlstring(L, object.value->id().data(), object.value->id().size());
  return 1;
}

// A copy. [-1, +1, e]
int actor_meta(lua_State* L) {
  push_value(L, check_resource<SecurityObject<Actor>>(L, 1, kActorType).value->meta());
  return 1;
}

// --- scopes

// The policies at 1…n of the table at `index`, all checked. Its own frame, as above. [-0, +0, -]
void fill_scope(lua_State* L, int index, lua_Integer n, SecurityObject<Scope>& out) noexcept {
  std::vector<PolicyPtr> policies;
  for (lua_Integer i = 1; i <= n; ++i) {
    lua_rawgeti(L, index, i);
    policies.push_back(to_policy(L, -1)->value);
    lua_pop(L, 1);
  }
  out.value = std::make_shared<const Scope>(std::move(policies));
}

// security.new_scope([policies]) -> Scope | nil, error [-n, +(1|2), e]
int security_new_scope(lua_State* L) {
  lua_settop(L, 1);
  check_meta(L, 1);
  const lua_Integer n = lua_istable(L, 1) ? static_cast<lua_Integer>(lua_rawlen(L, 1)) : 0;
  for (lua_Integer i = 1; i <= n; ++i) {
    lua_rawgeti(L, 1, i);
    check_user(L, 2, kPolicyType);
    lua_settop(L, 1);
  }
  if (!permitted(L, "security.scope.create", "custom", kNoScope)) return 2;
  push_scope(L, kEmptyScope);
  if (n != 0) fill_scope(L, 1, n, *to_scope(L, 2));
  return 1;
}

// By id. [-1, +1, e]
int scope_policies(lua_State* L) {
  const Scope& scope = *check_resource<SecurityObject<Scope>>(L, 1, kScopeType).value;
  lua_createtable(L, static_cast<int>(scope.policies().size()), 0);
  lua_Integer i = 0;
  for (const PolicyPtr& policy : scope.policies()) {
    push_policy(L, policy);
    lua_rawseti(L, -2, ++i);
  }
  return 1;
}

int scope_contains(lua_State* L) {
  const auto& scope = check_resource<SecurityObject<Scope>>(L, 1, kScopeType);
  lua_pushboolean(L, scope.value->contains(check_text(L, 2)));
  return 1;
}

// Frames of their own: pointers have destructors and nothing in here raises. [-0, +0, -]
void add_policy(const Scope& scope, const PolicyPtr& policy, SecurityObject<Scope>& out) noexcept {
  out.value = scope.with(policy);
}
void remove_policy(const Scope& scope, std::string_view id, SecurityObject<Scope>& out) noexcept {
  out.value = scope.without(id);
}

// scope:with(policy) -> Scope | nil, error [-2, +(1|2), e]
int scope_with(lua_State* L) {
  const auto& scope = check_resource<SecurityObject<Scope>>(L, 1, kScopeType);
  const auto& policy = check_resource<SecurityObject<Policy>>(L, 2, kPolicyType);
  if (!permitted(L, "security.scope.create", "with", kNoScope)) return 2;
  push_scope(L, kEmptyScope);
  add_policy(*scope.value, policy.value, *to_scope(L, -1));
  return 1;
}

// The id at 2: a text, a policy, {ns, name} by name or by place. Raises for anything else. [-0, +?, v]
std::string_view policy_id_argument(lua_State* L) {
  if (const auto* policy = to_policy(L, 2)) return policy->value->id();
  if (!lua_istable(L, 2)) return check_text(L, 2);
  const bool named = lua_getfield(L, 2, "ns") != LUA_TNIL;
  named ? lua_getfield(L, 2, "name") : lua_rawgeti(L, 2, 2);
  if (!named) {
    lua_rawgeti(L, 2, 1);
    lua_replace(L, -3);
  }
  const char* const space = lua_tostring(L, -2);
  const char* const name = lua_tostring(L, -1);
  luaL_argcheck(L, space != nullptr && name != nullptr, 2, "a policy ID, a policy or {ns, name} expected");
  lua_pushfstring(L, "%s:%s", space, name);
  return check_text(L, -1);
}

// scope:without(id) -> Scope | nil, error [-2, +(1|2), e]
int scope_without(lua_State* L) {
  lua_settop(L, 2);
  const auto& scope = check_resource<SecurityObject<Scope>>(L, 1, kScopeType);
  const std::string_view id = policy_id_argument(L);
  if (!permitted(L, "security.scope.create", "without", kNoScope)) return 2;
  push_scope(L, kEmptyScope);
  remove_policy(*scope.value, id, *to_scope(L, -1));
  return 1;
}

// evaluate(actor, action, resource[, meta]) of a scope or a policy -> "allow" | "deny" | "undefined" [-5, +1, e]
template <class T, const UserType* type>
int evaluate(lua_State* L) {
  static constexpr const char* kNames[] = {"undefined", "allow", "deny"};
  lua_settop(L, 5);
  const auto& object = check_resource<SecurityObject<T>>(L, 1, *type);
  const auto& actor = check_resource<SecurityObject<Actor>>(L, 2, kActorType);
  const std::string_view action = check_text(L, 3);
  const std::string_view resource = check_text(L, 4);
  check_meta(L, 5);
  const Decision d = with_meta(L, 5, [&](const Attributes& attributes) {
    return object.value->evaluate(*actor.value, action, resource, attributes);
  });
  lua_pushstring(L, kNames[static_cast<unsigned>(d)]);
  return 1;
}

int policy_id(lua_State* L) {
  const auto& object = check_resource<SecurityObject<Policy>>(L, 1, kPolicyType);
  lua_pushlstring(L, object.value->id().data(), object.value->id().size());
  return 1;
}

// --- the running process

// Nil: it has none. [-0, +1, e]
int security_actor(lua_State* L) {
  const FramePtr& frame = context_of(L).frame();
  if (frame == nullptr || frame->actor() == nullptr) return lua_pushnil(L), 1;
  push_actor(L, frame->actor());
  return 1;
}
int security_scope(lua_State* L) {
  const FramePtr& frame = context_of(L).frame();
  if (frame == nullptr || frame->scope() == nullptr) return lua_pushnil(L), 1;
  push_scope(L, frame->scope());
  return 1;
}

// security.can(action, resource[, meta]): false also without an actor or a scope. [-3, +1, e]
int security_can(lua_State* L) {
  lua_settop(L, 3);
  const std::string_view action = check_text(L, 1);
  const std::string_view resource = check_text(L, 2);
  check_meta(L, 3);
  lua_pushboolean(L, with_meta(L, 3, [&](const Attributes& attributes) {
                    return surely_permitted(context_of(L), action, resource, attributes);
                  }));
  return 1;
}

// --- the application's policies

// Frames of their own, as above. False: there is none. [-0, +0, -]
bool find_policy(lua_State* L, std::string_view id, SecurityObject<Policy>& out) noexcept {
  const PolicySource* const source = root_of(L).hooks->policies;
  if (source != nullptr) out.value = source->policy(id);
  return out.value != nullptr;
}
bool find_group(lua_State* L, std::string_view id, SecurityObject<Scope>& out) noexcept {
  const PolicySource* const source = root_of(L).hooks->policies;
  std::shared_ptr<const Scope> found = source == nullptr ? nullptr : source->named_scope(id);
  if (found == nullptr) return false;
  out.value = std::move(found);
  return true;
}

// security.policy(id) -> Policy | nil, error [-1, +(1|2), e]
int security_policy(lua_State* L) {
  lua_settop(L, 1);
  const std::string_view id = check_text(L, 1);
  if (!permitted(L, "security.policy.get", id, "not allowed to access policy: ")) return 2;
  push_policy(L, kNoPolicy);
  if (find_policy(L, id, *to_policy(L, 2))) return 1;
  return return_errorf(L, ErrorKind::kNotFound, "policy not found: %s", lua_tostring(L, 1));
}

// security.named_scope(group) -> Scope | nil, error [-1, +(1|2), e]
int security_named_scope(lua_State* L) {
  lua_settop(L, 1);
  const std::string_view id = check_text(L, 1);
  if (!permitted(L, "security.policy_group.get", id, "not allowed to access policy group: ")) return 2;
  push_scope(L, kEmptyScope);
  if (find_group(L, id, *to_scope(L, 2))) return 1;
  return return_errorf(L, ErrorKind::kNotFound, "policy group not found: %s", lua_tostring(L, 1));
}

// security.token_store(id) -> nil, error: no application has one, its kind does not load. [-1, +2, e]
int security_token_store(lua_State* L) {
  lua_settop(L, 1);
  const std::string_view id = check_text(L, 1);
  if (!permitted(L, "security.token_store.get", id, "not allowed to access token store: ")) return 2;
  return return_errorf(L, ErrorKind::kNotFound, "token store not found: %s", lua_tostring(L, 1));
}

}  // namespace

constexpr LibraryEntry kActorMethods[] = {{"id", actor_id}, {"meta", actor_meta}, {nullptr, nullptr}};
constexpr LibraryEntry kScopeMethods[] = {
    {"policies", scope_policies},
    {"contains", scope_contains},
    {"with", scope_with},
    {"without", scope_without},
    {"evaluate", evaluate<Scope, &kScopeType>},
    {nullptr, nullptr},
};
constexpr LibraryEntry kPolicyMethods[] = {
    {"id", policy_id}, {"evaluate", evaluate<Policy, &kPolicyType>}, {nullptr, nullptr}};
constexpr LibraryEntry kSecurityLibrary[] = {
    {"new_actor", security_new_actor},
    {"new_scope", security_new_scope},
    {"actor", security_actor},
    {"scope", security_scope},
    {"can", security_can},
    {"policy", security_policy},
    {"named_scope", security_named_scope},
    {"token_store", security_token_store},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
