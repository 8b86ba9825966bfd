// The metatable of strings: methods, and arithmetic on strings that look like numbers.
//
// Only the operators that a process's programs contain are in it: eight of them would take 384 bytes a process. There is no
// `load` in the sandbox, so what no source contains is never executed. The table is the registry, which exists anyway; scripts
// reach neither.
#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

// Pushes the operand as a number if it is one. [-0, +(0|1), -]
bool push_number(lua_State* L, int arg) {
  if (lua_type(L, arg) == LUA_TNUMBER) {
    lua_pushvalue(L, arg);
    return true;
  }
  size_t length;
  const char* text = lua_type(L, arg) == LUA_TSTRING ? lua_tolstring(L, arg, &length) : nullptr;
  return text != nullptr && lua_stringtonumber(L, text) == length + 1;
}

int one_result(lua_State*, int, lua_KContext) { return 1; }

int arithmetic(lua_State* L, int op, const char* event) {
  if (push_number(L, 1) && push_number(L, 2)) {
    lua_arith(L, op);
    return 1;
  }
  lua_settop(L, 2);
  if (lua_type(L, 2) == LUA_TSTRING || luaL_getmetafield(L, 2, event) == LUA_TNIL) {
    return luaL_error(L, "attempt to %s a '%s' with a '%s'", event + 2, luaL_typename(L, 1), luaL_typename(L, 2));
  }
  lua_insert(L, 1);
  lua_callk(L, 2, 1, 0, one_result);
  return 1;
}

// The sign is what a source must contain for the operator to occur in it.
struct Operator {
  const char* event;
  lua_CFunction function;
  char sign;
};
constexpr Operator kOperators[] = {
    {"__add", [](lua_State* L) { return arithmetic(L, LUA_OPADD, "__add"); }, '+'},
    {"__sub", [](lua_State* L) { return arithmetic(L, LUA_OPSUB, "__sub"); }, '-'},
    {"__mul", [](lua_State* L) { return arithmetic(L, LUA_OPMUL, "__mul"); }, '*'},
    {"__mod", [](lua_State* L) { return arithmetic(L, LUA_OPMOD, "__mod"); }, '%'},
    {"__pow", [](lua_State* L) { return arithmetic(L, LUA_OPPOW, "__pow"); }, '^'},
    {"__div", [](lua_State* L) { return arithmetic(L, LUA_OPDIV, "__div"); }, '/'},
    {"__idiv", [](lua_State* L) { return arithmetic(L, LUA_OPIDIV, "__idiv"); }, '/'},
    {"__unm", [](lua_State* L) { return arithmetic(L, LUA_OPUNM, "__unm"); }, '-'},
};

// __index until the first method call. [-2, +1, e]
int load_and_index(lua_State* L) {
  lua_settop(L, 2);
  state_root(L)->load_string_library(L);
  lua_pushvalue(L, 3);
  lua_setfield(L, LUA_REGISTRYINDEX, "__index");
  lua_pushvalue(L, 2);
  lua_gettable(L, 3);
  return 1;
}

}  // namespace

uint32_t string_operators_in(std::string_view source) noexcept {
  uint32_t found = 0;
  for (size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '-' && i + 1 < source.size() && source[i + 1] == '-') {  // a comment, or inside a string
      ++i;
      continue;
    }
    for (size_t k = 0; k < sizeof kOperators / sizeof kOperators[0]; ++k) {
      if (kOperators[k].sign == c) found |= uint32_t{1} << k;
    }
  }
  return found;
}

void add_string_operators(lua_State* L, uint32_t operators) {
  for (size_t k = 0; operators != 0; ++k, operators >>= 1) {
    if ((operators & 1) == 0) continue;
    lua_pushcfunction(L, kOperators[k].function);
    lua_setfield(L, LUA_REGISTRYINDEX, kOperators[k].event);
  }
}

void install_string_metatable(lua_State* L, lua_CFunction loader, uint32_t operators) {
  state_root(L)->load_string_library = loader;
  lua_pushcfunction(L, load_and_index);
  give_to_strings(L, operators);
}

void give_to_strings(lua_State* L, uint32_t operators) {
  lua_setfield(L, LUA_REGISTRYINDEX, "__index");
  add_string_operators(L, operators);
  lua_pushliteral(L, "__index");  // any string there is already
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

}  // namespace wippy::lua
