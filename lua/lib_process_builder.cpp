// process.with_context and SpawnBuilder (spec/process.md §1.15).
//
// A builder is a userdata without bytes; all it knows are user values, encoded when they are given: nothing is shared with the
// script or between two spawns. Each method makes a new one. What the caller inherited is not in it: that never changes during
// a process's life and is laid under the builder's values at the spawn.
#include <algorithm>

#include "lua/error_object.hpp"
#include "lua/lib_process.hpp"
#include "lua/permission.hpp"
#include "lua/process_args.hpp"
#include "lua/security_object.hpp"
#include "lua/spawn_call.hpp"
#include "lua/task.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/frame_context.hpp"
#include "runtime/process/names.hpp"

namespace wippy::lua {

namespace {

constexpr int kValuesSlot = kFrameValuesSlot;  // key -> encoded value; a table nobody else has, or nil
constexpr int kMessagesSlot = 2;               // {message body, the one before it or nil}; nil: none
constexpr int kNameSlot = 3;
constexpr int kActorSlot = kFrameActorSlot;
constexpr int kScopeSlot = kFrameScopeSlot;
constexpr int kSlots = 5;

extern const UserType kBuilderType;

void replace_top(lua_State* L, int slot) { copy_with_top(L, kBuilderType, kSlots, slot); }

// Raises what return_error and its like have pushed: builder methods have no place for an error in their results.
int raise(lua_State* L, int) { return lua_error(L); }

int raise_invalid(lua_State* L, const char* message) { return raise(L, return_error(L, ErrorKind::kInvalid, message)); }

constexpr const char* kNoContext = "not allowed to spawn processes with custom context";
constexpr const char* kNoSecurity = "not allowed to spawn processes with custom security context";

// Raises where the caller may not. [-0, +0, v]
void check_context(lua_State* L) {
  if (!permitted(L, "process.context", "context", kNoContext)) raise(L, 2);
}
void check_security(lua_State* L) {
  if (!permitted(L, "process.security", "security", kNoSecurity)) raise(L, 2);
}

// The builder at 1 has been given an actor or a scope. [-0, +0, m]
bool has_security(lua_State* L) {
  const bool has =
      lua_getiuservalue(L, 1, kActorSlot) == LUA_TUSERDATA || lua_getiuservalue(L, 1, kScopeSlot) == LUA_TUSERDATA;
  lua_settop(L, 2);
  return has;
}

// Adds the pairs of the table at `from` to the table on top. False: nil and the error are pushed. [-0, +(0|2), e]
bool add_values(lua_State* L, int from) {
  const int to = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, from) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      return_errorf(L, ErrorKind::kInvalid, "with_context: keys must be strings, not %s", luaL_typename(L, -2));
      return false;
    }
    EncodeResult result;
    if (!push_encoding(L, nullptr, lua_gettop(L), 1, result)) {
      if (result.refused_type == nullptr) {
        return_status(L, result.status);
      } else {
        return_errorf(L, ErrorKind::kInvalid, "with_context: cannot give a %s to another process (value of '%s')",
                      result.refused_type, lua_tostring(L, -2));
      }
      return false;
    }
    lua_pushvalue(L, -3);
    lua_insert(L, -2);
    lua_rawset(L, to);  // the key, its encoding
    lua_pop(L, 1);      // the value: the key stays for lua_next
  }
  return true;
}

int builder_with_context(lua_State* L) {
  check_user(L, 1, kBuilderType);
  if (!lua_istable(L, 2)) return raise_invalid(L, "with_context: a table of values is required");
  lua_settop(L, 2);
  check_context(L);
  if (has_security(L)) check_security(L);
  if (!merge_context_values(L)) return raise(L, 2);
  replace_top(L, kValuesSlot);
  return 1;
}

// with_actor, with_scope
template <auto to_object, int slot>
int builder_with_object(lua_State* L) {
  check_user(L, 1, kBuilderType);
  if (to_object(L, 2) == nullptr) {
    return raise_invalid(L, slot == kActorSlot ? "with_actor: a security actor is required"
                                               : "with_scope: a security scope is required");
  }
  check_security(L);
  lua_settop(L, 2);
  replace_top(L, slot);
  return 1;
}

int builder_with_name(lua_State* L) {
  check_user(L, 1, kBuilderType);
  std::string_view name;
  if (!text_argument(L, 2, name)) return raise_invalid(L, "with_name: a name is required");
  if (const Status s = NameTable::check(name); !s.ok()) return raise(L, return_status(L, s));
  lua_settop(L, 2);
  replace_top(L, kNameSlot);
  return 1;
}

// b:with_message(topic, ...)
int builder_with_message(lua_State* L) {
  check_user(L, 1, kBuilderType);
  std::string_view topic;
  if (!text_argument(L, 2, topic)) return raise_invalid(L, "with_message: the topic must be a string");
  if (!topic.empty() && topic.front() == '@') return raise_invalid(L, "cannot send to @ topics");
  EncodeResult result;
  if (!push_encoding(L, &topic, 3, lua_gettop(L) - 2, result)) return raise(L, return_encode_error(L, result, "send"));
  lua_createtable(L, 2, 0);
  lua_insert(L, -2);
  lua_rawseti(L, -2, 1);
  lua_getiuservalue(L, 1, kMessagesSlot);
  lua_rawseti(L, -2, 2);
  replace_top(L, kMessagesSlot);
  return 1;
}

template <bool monitor, bool link>
int builder_spawn(lua_State* L) {
  check_user(L, 1, kBuilderType);
  constexpr const char* kNames[] = {"spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored"};
  return spawn_call(L, {kNames[(link ? 2 : 0) + (monitor ? 1 : 0)], monitor, link}, 1);
}

constexpr LibraryEntry kMethods[] = {
    {"with_context", builder_with_context},
    {"with_actor", builder_with_object<to_actor, kActorSlot>},
    {"with_scope", builder_with_object<to_scope, kScopeSlot>},
    {"with_name", builder_with_name},
    {"with_message", builder_with_message},
    {"spawn", builder_spawn<false, false>},
    {"spawn_monitored", builder_spawn<true, false>},
    {"spawn_linked", builder_spawn<false, true>},
    {"spawn_linked_monitored", builder_spawn<true, true>},
    {nullptr, nullptr},
};

void fill_builder(lua_State* L) { set_methods(L, kMethods); }

const UserType kBuilderType = {"SpawnBuilder", fill_builder};

// The text on top, borrowed from Lua. [-0, +0, -]
std::string_view top_text(lua_State* L) noexcept {
  std::size_t length = 0;
  const char* const text = lua_tolstring(L, -1, &length);  // a string: nothing is converted
  return {text, length};
}

// Null: the caller's own. [-0, +0, -]
Status read_frame(lua_State* L, int index, FramePtr& out) noexcept {
  FrameBuilder frame(context_of(L).frame());
  bool any = false;
  if (lua_getiuservalue(L, index, kValuesSlot) == LUA_TTABLE) {
    lua_pushnil(L);
    for (; lua_next(L, -2) != 0; lua_pop(L, 1)) {
      const std::string_view encoded = top_text(L);
      lua_pushvalue(L, -2);
      frame.set(top_text(L), encoded);
      lua_pop(L, 1);
      any = true;
    }
  }
  lua_getiuservalue(L, index, kActorSlot);
  const bool has_actor = !lua_isnil(L, -1);
  const auto* const actor = to_actor(L, -1);
  if (actor != nullptr) frame.set_actor(actor->value), any = true;
  lua_getiuservalue(L, index, kScopeSlot);
  const bool has_scope = !lua_isnil(L, -1);
  const auto* const scope = to_scope(L, -1);
  if (scope != nullptr) frame.set_scope(scope->value), any = true;
  lua_pop(L, 3);
  // Met as a key of a weak table after its finalizer: never "without it", that would be the parent's rights.
  if (has_actor != (actor != nullptr) || has_scope != (scope != nullptr))
    return Status::error(ErrorKind::kInvalid, "the actor or scope of the builder was collected");
  return any ? frame.build(out) : Status::good();
}

}  // namespace

Status read_builder_frame(lua_State* L, int index, FramePtr& out) noexcept { return read_frame(L, index, out); }

void copy_with_top(lua_State* L, const UserType& type, int slots, int slot) {
  new_user(L, type, 0, slots);
  for (int i = 1; i <= slots; ++i) {
    if (i == slot) continue;
    lua_getiuservalue(L, 1, i);
    lua_setiuservalue(L, -2, i);
  }
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, slot);
}

bool merge_context_values(lua_State* L) {
  lua_newtable(L);
  if (lua_getiuservalue(L, 1, kValuesSlot) == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, 4) != 0) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, 3);
    }
  }
  lua_settop(L, 3);
  return add_values(L, 2);
}

Status read_builder(lua_State* L, int index, BuilderParts& out) noexcept {
  if (const Status s = read_frame(L, index, out.frame); !s.ok()) return s;
  if (lua_getiuservalue(L, index, kNameSlot) == LUA_TSTRING) out.extras.name = top_text(L);
  lua_pop(L, 1);
  lua_getiuservalue(L, index, kMessagesSlot);
  while (lua_istable(L, -1)) {
    lua_rawgeti(L, -1, 1);
    out.messages.push_back(top_text(L));
    lua_pop(L, 1);
    lua_rawgeti(L, -1, 2);
    lua_remove(L, -2);
  }
  lua_pop(L, 1);
  std::reverse(out.messages.begin(), out.messages.end());
  out.extras.messages = out.messages;
  return Status::good();
}

// process.with_context(values) -> SpawnBuilder | nil, error
int process_with_context(lua_State* L) {
  if (!lua_istable(L, 1))
    return return_error(L, ErrorKind::kInvalid, "process.with_context: a table of values is required");
  check_context(L);
  lua_settop(L, 1);
  lua_newtable(L);
  if (!add_values(L, 1)) return 2;
  new_user(L, kBuilderType, 0, kSlots);
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, kValuesSlot);
  return 1;
}

}  // namespace wippy::lua
