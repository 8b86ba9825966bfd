// A C++ value in a userdata: freed when the collector or the end of the process gets to it, whichever is first.
#pragma once

#include <new>

#include <lua5.4/lua.hpp>

#include "lua/resource_user.hpp"

namespace wippy::lua {

// T: default constructible without exceptions; its destructor may run on the worker at any time between steps.
template <class T>
struct Held : Resource {
  union {
    T value;  // destroyed by drop(), before or by the destructor
  };
  bool gone = false;
  void drop() noexcept {
    if (!gone) value.~T();
    gone = true;
  }
  Held() noexcept : value() {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { drop(); }
};

template <class T>
int collect_held(lua_State* L) {
  Held<T>* const held = resource_at<Held<T>>(L, 1);
  if (held == nullptr) return 0;
  machine_of(L).remove_resource(held);
  free_resource<Held<T>>(L, 1);
  return 0;
}

// Pushes an empty one. The type's fill sets __gc to collect_held<T>. [-0, +1, m]
template <class T>
T& push_held(lua_State* L, const UserType& type, int user_values = 0) {
  auto* const held = new_resource<Held<T>>(L, type, user_values);
  held->release = [](Resource* r, Context&) noexcept { static_cast<Held<T>*>(r)->drop(); };
  machine_of(L).add_resource(held);
  return held->value;
}

// The value of the object at `index`, which is known to be one. [-0, +0, -]
template <class T>
T& held_at(lua_State* L, int index) noexcept {
  return resource_at<Held<T>>(L, index)->value;
}
// Raises "<name> expected". [-0, +0, v]
template <class T>
T& check_held(lua_State* L, int index, const UserType& type) {
  return check_resource<Held<T>>(L, index, type).value;
}

}  // namespace wippy::lua
