// The security module (spec/process.md §6.8): actors and scopes for SpawnBuilder, and those of the running process. There are
// no policies yet (runtime/process/security.hpp): every scope is empty.
#include "runtime/process/security.hpp"

#include <memory>

#include "lua/error_object.hpp"
#include "lua/library.hpp"
#include "lua/process_args.hpp"
#include "lua/security_object.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {

namespace {

const std::shared_ptr<const Actor> kNobody;
const std::shared_ptr<const Scope> kEmptyScope = std::make_shared<const Scope>();

// Its own frame: the writer has a destructor and nothing in here raises. `out` is in a userdata. [-0, +0, -]
EncodeResult make_actor(lua_State* L, std::string_view id, SecurityObject<Actor>& out) noexcept {
  ValueWriter w;
  w.reset();
  const EncodeResult r = encode_values(L, w, 2, 1, Untransferable::kRefuse);
  if (r.ok()) out.held = std::make_shared<const Actor>(id, w.view());
  return r;
}

// security.new_actor(id[, meta]) -> Actor | nil, error [-n, +(1|2), e]
int security_new_actor(lua_State* L) {
  std::string_view id;
  lua_settop(L, 2);
  if (!text_argument(L, 1, id) || id.empty())
    return return_error(L, ErrorKind::kInvalid, "security.new_actor: an ID is required");
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  } else if (lua_type(L, 2) != LUA_TTABLE) {
    return return_error(L, ErrorKind::kInvalid, "security.new_actor: meta must be a table");
  }
  push_actor(L, kNobody);
  const EncodeResult r = make_actor(L, id, *to_actor(L, 3));
  return r.ok() ? 1 : return_encode_error(L, r, "give");
}

// security.new_scope() -> Scope [-n, +(1|2), e]
int security_new_scope(lua_State* L) {
  if (lua_istable(L, 1) && lua_rawlen(L, 1) != 0)
    return return_error(L, ErrorKind::kInvalid, "security.new_scope: policies are required in the list");
  push_scope(L, kEmptyScope);
  return 1;
}

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

// security.can(action, resource): false also without an actor and a scope. [-2, +1, e]
int security_can(lua_State* L) {
  std::size_t action_bytes = 0;
  std::size_t resource_bytes = 0;
  const char* action = luaL_checklstring(L, 1, &action_bytes);
  const char* resource = luaL_checklstring(L, 2, &resource_bytes);
  const FramePtr& frame = context_of(L).frame();
  const bool known = frame != nullptr && frame->actor() != nullptr && frame->scope() != nullptr;
  const bool allowed = known && frame->scope()->evaluate(*frame->actor(), {action, action_bytes},
                                                         {resource, resource_bytes}) == Decision::kAllow;
  lua_pushboolean(L, allowed);
  return 1;
}

// security.policy(id), security.named_scope(id) -> nil, error [-1, +2, e]
int not_found(lua_State* L, const char* what) {
  std::string_view id;
  if (!text_argument(L, 1, id) || id.empty())
    return return_error(L, ErrorKind::kInvalid, "security: an ID is required");
  return return_errorf(L, ErrorKind::kNotFound, "%s not found: %s", what, lua_tostring(L, 1));
}
int security_policy(lua_State* L) { return not_found(L, "policy"); }
int security_named_scope(lua_State* L) { return not_found(L, "policy group"); }

// --- methods

int actor_id(lua_State* L) {
  const auto& object = check_user_as<SecurityObject<Actor>>(L, 1, kActorType);
  lua_pushlstring(L, object.held->id().data(), object.held->id().size());
  return 1;
}

// A copy. [-1, +1, e]
int actor_meta(lua_State* L) {
  push_value(L, check_user_as<SecurityObject<Actor>>(L, 1, kActorType).held->meta());
  return 1;
}

int scope_policies(lua_State* L) {
  check_user(L, 1, kScopeType);
  lua_newtable(L);
  return 1;
}

int scope_contains(lua_State* L) {
  check_user(L, 1, kScopeType);
  luaL_checkstring(L, 2);
  lua_pushboolean(L, 0);
  return 1;
}

// Nobody has a policy to give. [-2, +0, v]
int scope_with(lua_State* L) {
  check_user(L, 1, kScopeType);
  return luaL_typeerror(L, 2, "policy");
}

// scope:without(id) -> Scope; it had no such policy. [-2, +1, e]
int scope_without(lua_State* L) {
  check_user(L, 1, kScopeType);
  luaL_checkstring(L, 2);
  lua_settop(L, 1);
  return 1;
}

// scope:evaluate(actor, action, resource) -> "allow" | "deny" | "undefined" [-4, +1, e]
int scope_evaluate(lua_State* L) {
  const auto& scope = check_user_as<SecurityObject<Scope>>(L, 1, kScopeType);
  const auto& actor = check_user_as<SecurityObject<Actor>>(L, 2, kActorType);
  static constexpr const char* kNames[] = {"undefined", "allow", "deny"};
  const Decision d = scope.held->evaluate(*actor.held, luaL_checkstring(L, 3), luaL_checkstring(L, 4));
  lua_pushstring(L, kNames[static_cast<unsigned>(d)]);
  return 1;
}

}  // namespace

constexpr LibraryEntry kActorMethods[] = {{"id", actor_id}, {"meta", actor_meta}, {nullptr, nullptr}};
constexpr LibraryEntry kScopeMethods[] = {
    {"policies", scope_policies}, {"contains", scope_contains}, {"with", scope_with},
    {"without", scope_without},   {"evaluate", scope_evaluate}, {nullptr, nullptr},
};
constexpr LibraryEntry kSecurityLibrary[] = {
    {"new_actor", security_new_actor},
    {"new_scope", security_new_scope},
    {"actor", security_actor},
    {"scope", security_scope},
    {"can", security_can},
    {"policy", security_policy},
    {"named_scope", security_named_scope},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
