// No destructors here: fields are read with metamethods, which may raise. What is being checked lies on the Lua stack, where we
// are in the types on the C stack, kMaxDepth frames at most.
//
// A union tries its members one by one, and a union in one of them again: with types and values made for it that takes
// exponential time. Hence kMaxSteps; a check cannot be left and resumed, but it can be killed (docs/decisions/018).
#include "lua/type_check.hpp"

#include <cmath>
#include <cstring>

#include "lua/base.hpp"
#include "lua/slice.hpp"
#include "lua/type_check_parts.hpp"
#include "lua/type_value.hpp"

namespace wippy::lua {

using typed::Declaration;
using typed::Literal;
using typed::NodeId;
using typed::NodeKind;
using typed::TypeNode;
using typed::Validator;

namespace {

bool check(Checker& c, NodeId id, const Environment& env, int index);

bool check_children_all(Checker& c, const TypeNode& n, const Environment& env, int index) {
  for (const NodeId child : n.children) {
    if (!check(c, child, env, index)) return false;
  }
  return true;
}

bool check_children_any(Checker& c, const TypeNode& n, const Environment& env, int index) {
  for (const NodeId child : n.children) {
    if (check(c, child, env, index)) return true;
  }
  return false;
}

// Leaves the stack as it was.
bool check_array(Checker& c, NodeId element, const Environment& env, int index) {
  const lua_Integer length = luaL_len(c.L, index);
  for (lua_Integer i = 1; i <= length; ++i) {
    lua_geti(c.L, index, i);
    const bool ok = check(c, element, env, lua_gettop(c.L));
    lua_pop(c.L, 1);
    if (!ok) return false;
  }
  return true;
}

// The pair on top: does one of the map entries take it, or a field or element?
bool pair_fits(Checker& c, const TypeNode& table, const Environment& env) {
  const int key = lua_gettop(c.L) - 1;
  for (const NodeId id : table.children) {
    const TypeNode& entry = env.node(id);
    if (entry.kind == NodeKind::kElement && lua_isinteger(c.L, key) != 0) return true;
    if (entry.kind == NodeKind::kField && is_text(c.L, key, entry.text)) return true;
    if (entry.kind != NodeKind::kMap) continue;
    if (check(c, entry.children[0], env, key) && check(c, entry.children[1], env, key + 1)) return true;
  }
  return false;
}

bool check_pairs(Checker& c, const TypeNode& table, const Environment& env, int index) {
  lua_pushnil(c.L);
  while (lua_next(c.L, index) != 0) {
    const bool ok = pair_fits(c, table, env);
    lua_pop(c.L, ok ? 1 : 2);
    if (!ok) return false;
  }
  return true;
}

bool check_table(Checker& c, const TypeNode& table, const Environment& env, int index) {
  const TableShape shape = shape_of(table, env);
  lua_Integer position = 0;
  for (const NodeId id : table.children) {
    const TypeNode& entry = env.node(id);
    bool ok = true;
    if (entry.kind == NodeKind::kElement && shape.elements == 1) {
      ok = check_array(c, entry.children[0], env, index);
    } else if (entry.kind == NodeKind::kElement || entry.kind == NodeKind::kField) {
      if (entry.kind == NodeKind::kField) {
        push_field(c.L, index, entry);
      } else {
        lua_geti(c.L, index, ++position);
      }
      ok = (entry.optional && lua_isnil(c.L, -1)) || check(c, entry.children[0], env, lua_gettop(c.L));
      lua_pop(c.L, 1);
    }
    if (!ok) return false;
  }
  return shape.maps == 0 || check_pairs(c, table, env, index);
}

bool check_validators(Checker& c, const TypeNode& n, const Environment& env, int index) {
  for (const Validator& v : n.validators) {
    if (!obeys(c.L, index, *env.program, v)) return false;
  }
  return true;
}

bool check_in_table(Checker& c, NodeId id, const Environment& env, int index) {
  if (!lua_istable(c.L, index)) return false;
  const void* const identity = lua_topointer(c.L, index);
  for (const Visit* v = c.visits; v != nullptr; v = v->outer) {
    if (v->table == identity && v->node == id && v->program == env.program && v->instance == env.instance) return true;
  }
  const Visit visit{c.visits, identity, id, env.program, env.instance};
  c.visits = &visit;
  const TypeNode& n = env.node(id);
  const bool ok =
      n.kind == NodeKind::kArray ? check_array(c, n.children[0], env, index) : check_table(c, n, env, index);
  c.visits = visit.outer;
  return ok;
}

bool check_node(Checker& c, NodeId id, const Environment& env, int index) {
  const TypeNode& n = env.node(id);
  switch (n.kind) {
    case NodeKind::kAny: return true;
    case NodeKind::kBasic: return is_basic(c.L, index, n.text);
    case NodeKind::kLiteral: return is_literal(c.L, index, n.literal);
    case NodeKind::kUnion: return check_children_any(c, n, env, index);
    case NodeKind::kIntersection: return check_children_all(c, n, env, index);
    case NodeKind::kOptional: return lua_isnil(c.L, index) || check(c, n.children[0], env, index);
    case NodeKind::kChecked: return check(c, n.children[0], env, index) && check_validators(c, n, env, index);
    case NodeKind::kArray:
    case NodeKind::kTable: return check_in_table(c, id, env, index);
    case NodeKind::kFunction: return is_callable(c.L, index);
    case NodeKind::kNamed:
    case NodeKind::kParameter:
    case NodeKind::kQualified: {
      Environment inner;
      NodeId target = 0;
      return !enter(c.L, id, env, inner, target) || check(c, target, inner, index);
    }
    default: return false;
  }
}

bool check(Checker& c, NodeId id, const Environment& env, int index) {
  begin_step(c);
  ++c.depth;
  const bool ok = check_node(c, id, env, index);
  --c.depth;
  return ok;
}

}  // namespace

bool check_once(lua_State* L, NodeId id, const Environment& env, int index) {
  Checker c{L, nullptr, 0, 0};
  return check(c, id, env, index);
}

bool has_type(lua_State* L, int index, const TypeRef& type) {
  const Environment env{type.program, type.declaration, nullptr, nullptr};
  return check_once(L, type.node, env, lua_absindex(L, index));
}

}  // namespace wippy::lua
