#include "lua/location.hpp"

#include <new>

#include "lua/state.hpp"

namespace wippy::lua {

namespace {

const Zone& zone_at(lua_State* L, int index) { return check_user_as<LocationObject>(L, index, kLocationType).zone; }

int location_string(lua_State* L) {
  const std::string_view name = zone_at(L, 1).name();
  lua_pushlstring(L, name.data(), name.size());
  return 1;
}

int location_equal(lua_State* L) {
  const auto* a = to_user_as<LocationObject>(L, 1, kLocationType);
  const auto* b = to_user_as<LocationObject>(L, 2, kLocationType);
  lua_pushboolean(L, a != nullptr && b != nullptr && a->zone.same_rules(b->zone));
  return 1;
}

constexpr LibraryEntry kMethods[] = {
    {"string", location_string},
    {nullptr, nullptr},
};

void fill_location(lua_State* L) {
  set_methods(L, kMethods);
  set_function(L, "__tostring", location_string);
  set_function(L, "__concat", concat_texts);
  set_function(L, "__eq", location_equal);
}

}  // namespace

const UserType kLocationType = {"location", fill_location};

void push_location(lua_State* L, const Zone& zone) {
  const std::string_view name = zone.name();
  void* const block = new_user(L, kLocationType, sizeof(LocationObject) + name.size(), 0);
  char* const text = static_cast<char*>(block) + sizeof(LocationObject);
  name.copy(text, name.size());  // may be empty
  new (block) LocationObject{zone.with_name({text, name.size()})};
}

void push_standard_location(lua_State* L, const Zone& zone) {
  static constexpr char kUtcKey = 0;
  static constexpr char kLocalKey = 0;
  const void* const key = zone.kind() == Zone::Kind::kUtc ? &kUtcKey : &kLocalKey;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) != LUA_TNIL) return;
  lua_pop(L, 1);
  push_location(L, zone);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

Zone opt_location(lua_State* L, int index) { return lua_isnoneornil(L, index) ? Zone::local() : zone_at(L, index); }

}  // namespace wippy::lua
