// Objects that something outside the collected heap points to, as scripts hold them: the userdata holds a pointer, the object lies
// in the machine's arena. Lua promises less than it seems (docs/internals/finalizers.md):
// - A finalizer may fail to be called (the calls around it nest to liblua's limit) and the userdata is freed all the same: the
//   object stays until the process ends.
// - A script may meet the userdata again after its finalizer, as a key of a weak table: the pointer is null then.
#pragma once

#include <new>

#include <lua5.4/lua.hpp>

#include "lua/machine.hpp"
#include "lua/task.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

// Where the userdata at `index`, known to be one of R, points to. [-0, +0, -]
template <class R>
R*& resource_slot(lua_State* L, int index) noexcept {
  return *static_cast<R**>(lua_touserdata(L, index));
}

// Pushes the userdata, whose pointer is null yet, and gives the place for its object. [-0, +1, m]
inline void* new_resource_place(lua_State* L, const UserType& type, std::size_t bytes, int user_values) {
  luaL_checkstack(L, 4, nullptr);
  *static_cast<void**>(new_user(L, type, sizeof(void*), user_values)) = nullptr;
  void* const place = machine_of(L).allocate(bytes);
  if (place == nullptr) luaL_error(L, "not enough memory");
  return place;
}

// Pushes the userdata and makes an R, which is no resource of the machine yet. R: default constructible without exceptions.
// [-0, +1, m]
template <class R>
R* new_resource(lua_State* L, const UserType& type, int user_values = 0) {
  void* const place = new_resource_place(L, type, sizeof(R), user_values);
  return resource_slot<R>(L, -1) = ::new (place) R;
}

// The object at `index`, which is known to be one. [-0, +0, -]
template <class R>
R* resource_at(lua_State* L, int index) noexcept {
  return resource_slot<R>(L, index);
}
// Null: the value at `index` is none, or its finalizer has run. Needs three free slots. [-0, +0, -]
template <class R>
R* to_resource(lua_State* L, int index, const UserType& type) {
  auto** const slot = static_cast<R**>(to_user(L, index, type));
  return slot == nullptr ? nullptr : *slot;
}
// Raises "<name> expected", or says that the finalizer has run. [-0, +0, v]
template <class R>
R& check_resource(lua_State* L, int index, const UserType& type) {
  R* const object = *static_cast<R**>(check_user(L, index, type));
  if (object == nullptr) luaL_error(L, "attempt to use a collected %s", type.name);
  return *object;
}

// For finalizers: destroys the object at `index`, which is no resource of the machine any more. [-0, +0, -]
template <class R>
void free_resource(lua_State* L, int index) noexcept {
  R*& slot = resource_slot<R>(L, index);
  if (slot == nullptr) return;
  slot->~R();
  machine_of(L).deallocate(slot, sizeof(R));
  slot = nullptr;
}

}  // namespace wippy::lua
