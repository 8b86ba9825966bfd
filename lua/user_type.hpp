// Types of userdata that the libraries hand to scripts: one metatable per process and type, locked, told apart by identity.
//
// No type has __gc unless it says so: at exit the heap is dropped whole and no finalizer runs.
#pragma once

#include <cstddef>

#include <lua5.4/lua.hpp>

namespace wippy::lua {

struct LibraryEntry;

// Immutable, static; its address is the key in the registry. `fill` completes the metatable on top: [-0, +0, e]
struct UserType {
  const char* name;
  void (*fill)(lua_State* L);
};

// [-0, +1, m]; memory is not cleared
void* new_user(lua_State* L, const UserType& type, std::size_t bytes, int user_values);
// Null when the value at `index` is anything else. [-0, +0, -]; needs three free slots
void* to_user(lua_State* L, int index, const UserType& type);
// Raises "<name> expected". [-0, +0, v]
void* check_user(lua_State* L, int index, const UserType& type);

template <class T>
T* to_user_as(lua_State* L, int index, const UserType& type) {
  return static_cast<T*>(to_user(L, index, type));
}
template <class T>
T& check_user_as(lua_State* L, int index, const UserType& type) {
  return *static_cast<T*>(check_user(L, index, type));
}

// __concat for types whose text stands for them: either operand may be a string, a number or anything with __tostring.
// [-2, +1, e]
int concat_texts(lua_State* L);

// For UserType::fill, with the metatable on top. The methods of the objects; they appear when they are first asked for.
// [-0, +0, m]
void set_methods(lua_State* L, const LibraryEntry* methods);
// Sets field `name`, "__tostring" for one. [-0, +0, m]
void set_function(lua_State* L, const char* name, lua_CFunction function);

}  // namespace wippy::lua
