// Where a value fails its type: follows the first failing field down, by checks without messages. Each step goes one level
// deeper, so that the text costs no more than a few checks, however the unions are nested.
#include <cstdio>
#include <cstring>
#include <string>

#include "lua/type_check.hpp"
#include "lua/type_check_parts.hpp"

namespace wippy::lua {

using typed::Literal;
using typed::NodeId;
using typed::NodeKind;
using typed::TypeNode;
using typed::Validator;

namespace {

// "Name.path": what does not fit is cut.
struct Path {
  char text[240];
  std::size_t length;
  void add(const char* part, std::size_t n) noexcept {
    if (n > sizeof text - 1 - length) n = sizeof text - 1 - length;
    std::memcpy(text + length, part, n);
    length += n;
    text[length] = '\0';
  }
  void add(const char* part) noexcept { add(part, std::strlen(part)); }
};

struct Explanation {
  lua_State* L;
  Path path;
  Environment envs[kMaxTypeDepth];  // inner ones point to outer ones
  int depth;
};

constexpr std::size_t kLineBytes = 400;

// Pushes the message; the type's text goes over a buffer without a destructor.
void write_type(const Environment& env, NodeId id, char* out, std::size_t bytes) noexcept {
  try {
    const std::string text = type_text(env.program->types, id);
    std::snprintf(out, bytes, "%s", text.c_str());
  } catch (const std::bad_alloc&) {
    std::snprintf(out, bytes, "another type");
  }
}

void push_expected(Explanation& x, NodeId id, const Environment& env, int index) {
  char text[kLineBytes];
  write_type(env, id, text, sizeof text);
  const TypeNode& n = env.node(id);
  const bool wants_table = n.kind == NodeKind::kTable || n.kind == NodeKind::kArray;
  if (wants_table) {
    lua_pushfstring(x.L, "%s: expected table %s, got %s", x.path.text, text, luaL_typename(x.L, index));
  } else {
    lua_pushfstring(x.L, "%s: expected %s, got %s", x.path.text, text, luaL_typename(x.L, index));
  }
}

void push_broken(Explanation& x, const Validator& v, int index) {
  lua_State* const L = x.L;
  const char* const bound = v.arguments.empty() ? "" : v.arguments[0].source.c_str();
  if (v.pattern >= 0) {
    lua_pushfstring(L, "%s: does not match the pattern %s", x.path.text, v.arguments[0].string.c_str());
  } else if (v.name.size() > 3) {
    lua_pushfstring(L, "%s: expected a length of %s %s, got %I", x.path.text,
                    v.name == "min_len" ? "at least" : "at most", bound, static_cast<LUAI_UACINT>(luaL_len(L, index)));
  } else {
    lua_pushvalue(L, index);  // a number: its text is made of the copy
    lua_pushfstring(L, "%s: %s is %s, got %s", x.path.text, v.name == "min" ? "minimum" : "maximum", bound,
                    lua_tostring(L, -1));
    lua_remove(L, -2);
  }
}

// The key at `index`, as an index shows it.
void add_key(Explanation& x, int index) {
  char digits[40];
  if (lua_type(x.L, index) == LUA_TSTRING) {
    std::size_t length = 0;
    const char* const key = lua_tolstring(x.L, index, &length);
    x.path.add("[\"");
    x.path.add(key, length);
    x.path.add("\"]");
  } else if (lua_isinteger(x.L, index) != 0) {
    std::snprintf(digits, sizeof digits, "[%lld]", static_cast<long long>(lua_tointeger(x.L, index)));
    x.path.add(digits);
  } else {
    x.path.add("[");
    x.path.add(luaL_typename(x.L, index));
    x.path.add("]");
  }
}

struct Step {
  NodeId node;
  int index;  // of the value, on the stack
  bool found;
};

Step failing_item(Explanation& x, NodeId element, const Environment& env, int index) {
  const lua_Integer length = luaL_len(x.L, index);
  for (lua_Integer i = 1; i <= length; ++i) {
    lua_geti(x.L, index, i);
    if (!check_once(x.L, element, env, lua_gettop(x.L))) {
      lua_pushinteger(x.L, i);
      add_key(x, -1);
      lua_pop(x.L, 1);
      return {element, lua_gettop(x.L), true};
    }
    lua_pop(x.L, 1);
  }
  return {0, 0, false};
}

Step failing_pair(Explanation& x, const TypeNode& table, const Environment& env, int index) {
  NodeId map = 0;
  for (const NodeId id : table.children) {
    if (env.node(id).kind == NodeKind::kMap) map = id;
  }
  if (map == 0) return {0, 0, false};
  const TypeNode& entry = env.node(map);
  lua_pushnil(x.L);
  while (lua_next(x.L, index) != 0) {
    const int key = lua_gettop(x.L) - 1;
    const bool key_fits = check_once(x.L, entry.children[0], env, key);
    if (!key_fits || !check_once(x.L, entry.children[1], env, key + 1)) {
      add_key(x, key);
      if (!key_fits) x.path.add(" (the key)");
      return {entry.children[key_fits ? 1 : 0], key_fits ? key + 1 : key, true};
    }
    lua_pop(x.L, 1);
  }
  return {0, 0, false};
}

Step failing_entry(Explanation& x, const TypeNode& table, const Environment& env, int index) {
  const TableShape shape = shape_of(table, env);
  lua_Integer position = 0;
  for (const NodeId id : table.children) {
    const TypeNode& entry = env.node(id);
    if (entry.kind == NodeKind::kElement && shape.elements == 1) {
      if (const Step s = failing_item(x, entry.children[0], env, index); s.found) return s;
      continue;
    }
    if (entry.kind != NodeKind::kElement && entry.kind != NodeKind::kField) continue;
    if (entry.kind == NodeKind::kField) {
      push_field(x.L, index, entry);
    } else {
      lua_geti(x.L, index, ++position);
    }
    const int value = lua_gettop(x.L);
    if (!(entry.optional && lua_isnil(x.L, value)) && !check_once(x.L, entry.children[0], env, value)) {
      if (entry.kind == NodeKind::kField) {
        x.path.add(".");
        x.path.add(entry.text.data(), entry.text.size());
      } else {
        lua_pushinteger(x.L, position);
        add_key(x, -1);
        lua_pop(x.L, 1);
      }
      return {entry.children[0], value, true};
    }
    lua_pop(x.L, 1);
  }
  return failing_pair(x, table, env, index);
}

// Of a union's members, the one the value was meant for: the only table, or the one whose literal fields all fit.
bool meant_member(Explanation& x, const TypeNode& n, const Environment& env, int index, NodeId& meant) {
  if (!lua_istable(x.L, index)) return false;
  int fits = 0;
  for (const NodeId id : n.children) {
    Environment inner = env;
    NodeId target = id;
    if (env.node(id).kind == NodeKind::kNamed && !enter(x.L, id, env, inner, target)) continue;
    const TypeNode& member = inner.node(target);
    if (member.kind != NodeKind::kTable && member.kind != NodeKind::kArray) continue;
    bool discriminated = true;
    for (const NodeId entry : member.children) {
      const TypeNode& field = inner.node(entry);
      if (field.kind != NodeKind::kField || inner.node(field.children[0]).kind != NodeKind::kLiteral) continue;
      push_field(x.L, index, field);
      discriminated = discriminated && is_literal(x.L, -1, inner.node(field.children[0]).literal);
      lua_pop(x.L, 1);
    }
    if (!discriminated) continue;
    ++fits;
    meant = id;
  }
  return fits == 1;
}

// One level down. False: the failure is here.
bool descend(Explanation& x, NodeId& id, const Environment*& env, int& index) {
  const TypeNode& n = env->node(id);
  Step step{0, index, false};
  switch (n.kind) {
    case NodeKind::kNamed:
    case NodeKind::kParameter:
    case NodeKind::kQualified: {
      Environment& inner = x.envs[x.depth];
      NodeId target = 0;
      if (!enter(x.L, id, *env, inner, target)) return false;
      const NodeKind kind = inner.node(target).kind;
      if (kind == NodeKind::kUnion || kind == NodeKind::kIntersection) {
        NodeId meant = 0;  // the name says more than a long list
        if (kind == NodeKind::kUnion && !meant_member(x, inner.node(target), inner, index, meant)) return false;
      }
      env = &inner;
      id = target;
      return true;
    }
    case NodeKind::kOptional: step = {n.children[0], index, true}; break;
    case NodeKind::kChecked: step = {n.children[0], index, !check_once(x.L, n.children[0], *env, index)}; break;
    case NodeKind::kIntersection:
      for (const NodeId child : n.children) {
        if (!step.found && !check_once(x.L, child, *env, index)) step = {child, index, true};
      }
      break;
    case NodeKind::kUnion: step.found = meant_member(x, n, *env, index, step.node); break;
    case NodeKind::kArray:
      if (lua_istable(x.L, index)) step = failing_item(x, n.children[0], *env, index);
      break;
    case NodeKind::kTable:
      if (lua_istable(x.L, index)) step = failing_entry(x, n, *env, index);
      break;
    default: break;
  }
  if (!step.found) return false;
  id = step.node;
  index = step.index;
  return true;
}

}  // namespace

void push_type_failure(lua_State* L, int index, const TypeRef& type, const char* name) {
  index = lua_absindex(L, index);
  const int top = lua_gettop(L);
  Explanation x;
  x.L = L;
  x.path.length = 0;
  x.path.add(name);
  const Environment root{type.program, type.declaration, nullptr, nullptr};
  const Environment* env = &root;
  NodeId id = type.node;
  x.depth = 0;
  for (; x.depth < kMaxTypeDepth; ++x.depth) {
    luaL_checkstack(L, LUA_MINSTACK, nullptr);
    if (!descend(x, id, env, index)) break;
  }
  const TypeNode& n = env->node(id);
  const Validator* broken = nullptr;
  for (const Validator& v : n.validators) {
    if (broken == nullptr && !obeys(L, index, *env->program, v)) broken = &v;
  }
  if (broken != nullptr && n.kind == NodeKind::kChecked) {
    push_broken(x, *broken, index);
  } else {
    push_expected(x, id, *env, index);
  }
  lua_insert(L, top + 1);
  lua_settop(L, top + 1);
}

}  // namespace wippy::lua
