#include "lua/type_value.hpp"

#include <charconv>
#include <cstring>

#include "lua/error_object.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "lua/state.hpp"

namespace wippy::lua {

namespace {

struct TypeValue {
  TypeRef type;
  const char* name;
  bool to_integer;  // the call gives an integer
};

constexpr const char* kBasicTypes[] = {"integer", "number", "boolean"};

// Node i + 1 is kBasicTypes[i].
const TypeProgram& basic_types() {
  static const TypeProgram* const program = [] {
    auto* const p = new TypeProgram;
    p->types.nodes.emplace_back();
    for (const char* const name : kBasicTypes) {
      typed::TypeNode& n = p->types.nodes.emplace_back();
      n.kind = typed::NodeKind::kBasic;
      n.text = name;
    }
    return p;
  }();
  return *program;
}

// [-0, +1, m]
void push_type(lua_State* L, const TypeRef& type, const char* name, bool to_integer) {
  auto* const value = static_cast<TypeValue*>(new_user(L, kTypeType, sizeof(TypeValue), 0));
  *value = {type, name, to_integer};
}

// type:is(v) -> v | nil, error [-2, +2, e]
int type_is(lua_State* L) {
  const TypeValue& t = check_user_as<TypeValue>(L, 1, kTypeType);
  lua_settop(L, 2);
  if (has_type(L, 2, t.type)) {
    lua_pushnil(L);
    return 2;
  }
  push_type_failure(L, 2, t.type, t.name);
  std::size_t length = 0;
  const char* const text = lua_tolstring(L, -1, &length);
  return return_error(L, ErrorKind::kInvalid, {text, length});
}

// type(v) -> v [-2, +1, e]
int type_call(lua_State* L) {
  const TypeValue& t = check_user_as<TypeValue>(L, 1, kTypeType);
  lua_settop(L, 2);
  if (!has_type(L, 2, t.type)) {
    luaL_where(L, 1);
    push_type_failure(L, 2, t.type, t.name);
    lua_concat(L, 2);
    return lua_error(L);
  }
  if (t.to_integer) lua_pushinteger(L, lua_tointeger(L, 2));
  return 1;
}

int type_text(lua_State* L) {
  lua_pushstring(L, check_user_as<TypeValue>(L, 1, kTypeType).name);
  return 1;
}

constexpr LibraryEntry kMethods[] = {{"is", type_is}, {nullptr, nullptr}};

void fill(lua_State* L) {
  set_methods(L, kMethods);
  set_function(L, "__call", type_call);
  set_function(L, "__tostring", type_text);
}

const LuaProgram* find_program(const LuaProgram* program, const char* entry_id, int depth) noexcept {
  if (program == nullptr || depth == 0) return nullptr;
  if (program->entry_id == entry_id) return program;
  for (const auto& i : program->imports) {
    if (const LuaProgram* const found = find_program(i.program.get(), entry_id, depth - 1)) return found;
  }
  return nullptr;
}

constexpr int kImportDepth = 16;  // as in lua/globals.cpp

}  // namespace

constexpr UserType kTypeType{"type", fill};

bool to_type(lua_State* L, int index, TypeRef& type) {
  const auto* const value = to_user_as<TypeValue>(L, index, kTypeType);
  if (value != nullptr) type = value->type;
  return value != nullptr;
}

// Each program counts its types from 0. The function that asks is the chunk's, whose name is the entry's id: nobody else
// makes chunks here.
bool push_reified(lua_State* L, const char* name) {
  if (name[0] != '_' || name[1] != 'T') return false;
  std::size_t number = 0;
  const char* const end = name + std::strlen(name);
  const auto [stop, failure] = std::from_chars(name + 2, end, number);
  lua_Debug ar;
  if (failure != std::errc() || stop != end || lua_getstack(L, 1, &ar) == 0) return false;
  lua_getinfo(L, "S", &ar);
  if (ar.source[0] != '=') return false;
  const LuaProgram* const program = find_program(root_of(L).machine()->program(), ar.source + 1, kImportDepth);
  if (program == nullptr || program->bytecode.types == nullptr) return false;
  const TypeProgram& types = *program->bytecode.types;
  if (number >= types.types.reified.size()) return false;
  const typed::Declaration& declaration = types.types.declarations[types.types.reified[number]];
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &declaration) != LUA_TNIL) return true;
  lua_pop(L, 1);
  push_type(L, {&types, &declaration, declaration.type}, declaration.name.c_str(), false);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &declaration);
  return true;
}

bool push_basic_type(lua_State* L, const char* name) {
  for (std::size_t i = 0; i < std::size(kBasicTypes); ++i) {
    if (!same_name(kBasicTypes[i], name)) continue;
    push_type(L, {&basic_types(), nullptr, static_cast<typed::NodeId>(i + 1)}, kBasicTypes[i], i == 0);
    return true;
  }
  return false;
}

int call_string(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "string: expected string, got %s", luaL_typename(L, 2));
  lua_settop(L, 2);
  return 1;
}

}  // namespace wippy::lua
