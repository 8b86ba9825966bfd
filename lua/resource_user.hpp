// Objects with outside resources, as scripts hold them: the userdata holds a pointer, the object lies in the machine's arena.
// A finalizer may fail to be called (no memory for its call, C stack used up) and the userdata is gone all the same: were the
// object inside it, the machine's list of resources would lead into freed memory. So it stays, until the process ends.
#pragma once

#include <new>

#include <lua5.4/lua.hpp>

#include "lua/machine.hpp"
#include "lua/task.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

// Pushes the userdata and makes an R, which is no resource of the machine yet. R: default constructible without exceptions.
// [-0, +1, m]
template <class R>
R* new_resource(lua_State* L, const UserType& type, int user_values = 0) {
  luaL_checkstack(L, 4, nullptr);
  auto** const slot = static_cast<R**>(new_user(L, type, sizeof(R*), user_values));
  *slot = nullptr;
  void* const place = machine_of(L).allocate(sizeof(R));
  if (place == nullptr) luaL_error(L, "not enough memory");
  return *slot = ::new (place) R;
}

// The object at `index`, which is known to be one. [-0, +0, -]
template <class R>
R* resource_at(lua_State* L, int index) noexcept {
  return *static_cast<R**>(lua_touserdata(L, index));
}
// Null: the value at `index` is none. Needs three free slots. [-0, +0, -]
template <class R>
R* to_resource(lua_State* L, int index, const UserType& type) {
  auto** const slot = static_cast<R**>(to_user(L, index, type));
  return slot == nullptr ? nullptr : *slot;
}
// Raises "<name> expected". [-0, +0, v]
template <class R>
R& check_resource(lua_State* L, int index, const UserType& type) {
  return **static_cast<R**>(check_user(L, index, type));
}

// For finalizers: destroys the object at `index`, which is no resource of the machine any more. [-0, +0, -]
template <class R>
void free_resource(lua_State* L, int index) noexcept {
  R*& slot = *static_cast<R**>(lua_touserdata(L, index));
  if (slot == nullptr) return;
  slot->~R();
  machine_of(L).deallocate(slot, sizeof(R));
  slot = nullptr;
}

}  // namespace wippy::lua
