// Does a value have a type? And if not, where not?
//
// Tables are open (fields that the type does not name may be there), fields are read with metamethods, arrays are checked from 1
// to #t, maps pair by pair. A table that leads back to itself has the type if everything else in it has.
#pragma once

#include <lua5.4/lua.hpp>

#include "lua/type_program.hpp"

namespace wippy::lua {

// A type: the node, as it stands in the declaration whose parameters it may name (null: in none).
struct TypeRef {
  const TypeProgram* program;
  const typed::Declaration* declaration;
  typed::NodeId node;
};

// [-0, +0, e]: metamethods of the value; types or values nested too deeply, and checks that take too many steps, raise.
bool has_type(lua_State* L, int index, const TypeRef& type);

// For a value that has_type refused: pushes "Name.path: expected …". `name`: of the type. [-0, +1, e]
void push_type_failure(lua_State* L, int index, const TypeRef& type, const char* name);

}  // namespace wippy::lua
