// A C++ value in a userdata: freed when the collector or the end of the process gets to it, whichever is first.
#pragma once

#include <new>

#include <lua5.4/lua.hpp>

#include "lua/machine.hpp"
#include "lua/task.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

// T: default constructible without exceptions; its destructor may run on the worker at any time between steps.
template <class T>
struct Held : Resource {
  T value;
  bool gone = false;
  void drop() noexcept {
    if (!gone) value.~T();
    gone = true;
  }
  Held() noexcept : value() {}
  ~Held() = delete;  // see drop()
};

template <class T>
int collect_held(lua_State* L) {
  auto* const held = static_cast<Held<T>*>(lua_touserdata(L, 1));
  if (!held->gone) machine_of(L).remove_resource(held);
  held->drop();
  return 0;
}

// Pushes an empty one. The type's fill sets __gc to collect_held<T>. [-0, +1, m]
template <class T>
T& push_held(lua_State* L, const UserType& type, int user_values = 0) {
  luaL_checkstack(L, 4, nullptr);
  void* const place = new_user(L, type, sizeof(Held<T>), user_values);
  auto* const held = ::new (place) Held<T>;
  held->release = [](Resource* r, Context&) noexcept { static_cast<Held<T>*>(r)->drop(); };
  machine_of(L).add_resource(held);
  return held->value;
}

// Raises "<name> expected". [-0, +0, v]
template <class T>
T& check_held(lua_State* L, int index, const UserType& type) {
  return check_user_as<Held<T>>(L, index, type).value;
}

}  // namespace wippy::lua
