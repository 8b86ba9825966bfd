// Types as values: what a process finds under the names of type declarations that it reads as values, and the globals integer,
// number and boolean. T:is(v) gives v or nil and an error, T(v) gives v or raises.
//
// A value is a userdata that points into the program; it is made when it is first asked for, once per process.
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/type_check.hpp"
#include "lua/user_type.hpp"

namespace wippy::lua {

extern const UserType kTypeType;

// [-0, +0, -]
bool to_type(lua_State* L, int index, TypeRef& type);

// Pushes the type value that the erased source calls _T<number>, as the function that asks means it. False: nothing pushed,
// there is none. [-0, +(0|1), e]
bool push_reified(lua_State* L, const char* name);

// The globals; false: it is none of them. [-0, +(0|1), e]
bool push_basic_type(lua_State* L, const char* name);

// __call of the string table: string(v) is v, or raises. [-n, +1, v]
int call_string(lua_State* L);

}  // namespace wippy::lua
