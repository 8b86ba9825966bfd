#include "lua/type_check_parts.hpp"

#include <cmath>

#include "lua/base.hpp"
#include "lua/slice.hpp"
#include "lua/type_value.hpp"

namespace wippy::lua {

using typed::Literal;
using typed::NodeId;
using typed::NodeKind;
using typed::TypeNode;
using typed::Validator;

void begin_step(Checker& c) {
  if (c.depth >= kMaxTypeDepth) luaL_error(c.L, "value or type is nested too deeply to be checked");
  if ((c.depth & 7) == 0) luaL_checkstack(c.L, LUA_MINSTACK + 32, "value is nested too deeply to be checked");
  if (++c.steps > kMaxTypeSteps) luaL_error(c.L, "value takes too long to be checked");
  if (c.steps % 1024 == 0 && slice_expired(c.L)) slice_check_killed(c.L);
}

namespace {

// Pushes what `n` names in its module, nil: nothing. [-0, +1, e]
void push_qualified(lua_State* L, const TypeNode& n) {
  if (n.from_global) {
    lua_getglobal(L, n.module.c_str());
  } else {
    lua_pushcfunction(L, own_require);
    lua_pushlstring(L, n.module.data(), n.module.size());
    lua_call(L, 1, 1);
  }
  for (std::size_t at = 0; at < n.text.size();) {
    std::size_t end = n.text.find('.', at);
    if (end == std::string::npos) end = n.text.size();
    if (!lua_istable(L, -1)) {
      lua_pushnil(L);
    } else {
      lua_pushlstring(L, n.text.data() + at, end - at);
      lua_gettable(L, -2);
    }
    lua_replace(L, -2);
    at = end + 1;
  }
}

// A parameter is the argument the declaration was named with, its default, or its constraint.
bool enter_parameter(const TypeNode& n, const Environment& env, Environment& inner, NodeId& target) {
  if (env.declaration == nullptr || n.index >= env.declaration->parameters.size()) return false;
  const typed::TypeParameter& p = env.declaration->parameters[n.index];
  if (env.instance != nullptr && n.index < env.instance->children.size() && env.outer != nullptr) {
    inner = *env.outer;
    target = env.instance->children[n.index];
    return true;
  }
  inner = env;
  target = p.has_default ? p.fallback : p.constraint;
  return true;
}

}  // namespace

bool enter(lua_State* L, NodeId id, const Environment& env, Environment& inner, NodeId& target) {
  const TypeNode& n = env.node(id);
  if (n.kind == NodeKind::kParameter) return enter_parameter(n, env, inner, target);
  if (n.kind == NodeKind::kNamed) {
    if (n.declaration < 0) return false;
    const typed::Declaration& d = env.program->types.declarations[static_cast<std::size_t>(n.declaration)];
    inner = {env.program, &d, &n, &env};
    target = d.type;
    return true;
  }
  push_qualified(L, n);
  TypeRef found{};
  const bool is_type = to_type(L, -1, found);
  lua_pop(L, 1);
  if (!is_type) return false;
  inner = {found.program, found.declaration, &n, &env};
  target = found.node;
  return true;
}

TableShape shape_of(const TypeNode& table, const Environment& env) noexcept {
  TableShape shape{0, 0};
  for (const NodeId id : table.children) {
    shape.elements += env.node(id).kind == NodeKind::kElement ? 1 : 0;
    shape.maps += env.node(id).kind == NodeKind::kMap ? 1 : 0;
  }
  return shape;
}

void push_field(lua_State* L, int index, const TypeNode& field) {
  lua_pushlstring(L, field.text.data(), field.text.size());
  lua_gettable(L, index);
}

bool is_text(lua_State* L, int index, std::string_view text) noexcept {
  if (lua_type(L, index) != LUA_TSTRING) return false;
  std::size_t length = 0;
  const char* const s = lua_tolstring(L, index, &length);
  return text == std::string_view(s, length);
}

bool is_basic(lua_State* L, int index, std::string_view name) noexcept {
  const int type = lua_type(L, index);
  if (name == "integer") {
    if (type != LUA_TNUMBER) return false;
    int is_integral = 0;
    lua_tointegerx(L, index, &is_integral);
    return is_integral != 0;
  }
  return name == lua_typename(L, type);
}

bool is_literal(lua_State* L, int index, const Literal& literal) noexcept {
  switch (literal.kind) {
    case Literal::Kind::kNil: return lua_isnil(L, index);
    case Literal::Kind::kBoolean:
      return lua_isboolean(L, index) && lua_toboolean(L, index) == static_cast<int>(literal.integer);
    case Literal::Kind::kString: return is_text(L, index, literal.string);
    case Literal::Kind::kInteger: {
      if (lua_type(L, index) != LUA_TNUMBER) return false;
      int is_integral = 0;
      const lua_Integer n = lua_tointegerx(L, index, &is_integral);
      return is_integral != 0 && n == literal.integer;
    }
    case Literal::Kind::kNumber: return lua_type(L, index) == LUA_TNUMBER && lua_tonumber(L, index) == literal.number;
  }
  return false;
}

bool is_callable(lua_State* L, int index) {
  if (lua_isfunction(L, index)) return true;
  if (luaL_getmetafield(L, index, "__call") == LUA_TNIL) return false;
  lua_pop(L, 1);
  return true;
}

bool obeys(lua_State* L, int index, const TypeProgram& program, const Validator& v) {
  const int type = lua_type(L, index);
  if (v.pattern >= 0) {
    if (type != LUA_TSTRING) return true;
    std::size_t length = 0;
    const char* const s = lua_tolstring(L, index, &length);
    return matches(program, v.pattern, {s, length});
  }
  const bool is_min = v.name == "min" || v.name == "min_len";
  if (!is_min && v.name != "max" && v.name != "max_len") return true;
  double measured = 0;
  if (v.name.size() > 3) {
    if (type != LUA_TSTRING && type != LUA_TTABLE) return true;
    measured = static_cast<double>(luaL_len(L, index));
  } else if (type == LUA_TNUMBER) {
    measured = lua_tonumber(L, index);
  } else {
    return true;
  }
  return is_min ? measured >= v.arguments[0].number : measured <= v.arguments[0].number;
}

}  // namespace wippy::lua
