// What the check of a value and the explanation of its failure share. Internal to lua/type_*.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/type_program.hpp"

namespace wippy::lua {

inline constexpr int kMaxTypeDepth = 600;             // steps through types: four for a list item
inline constexpr uint32_t kMaxTypeSteps = 4'000'000;  // about a tenth of a second

// What the names in a declaration's type mean: `instance` names the declaration, its arguments are types of `outer`.
struct Environment {
  const TypeProgram* program;
  const typed::Declaration* declaration;
  const typed::TypeNode* instance;
  const Environment* outer;
  const typed::TypeNode& node(typed::NodeId id) const { return program->types.nodes[id]; }
};

// A table that is being looked at.
struct Visit {
  const Visit* outer;
  const void* table;
  typed::NodeId node;
  const TypeProgram* program;
  const typed::TypeNode* instance;
};

struct Checker {
  lua_State* L;
  const Visit* visits;
  uint32_t steps;
  int depth;
};

// Raises when the check has gone too far or the process was killed. [-0, +0, v]
void begin_step(Checker& c);

// Without messages. [-0, +0, e]
bool check_once(lua_State* L, typed::NodeId id, const Environment& env, int index);

// What a name stands for; false: anything. `env` outlives `inner`. [-0, +0, e]
bool enter(lua_State* L, typed::NodeId id, const Environment& env, Environment& inner, typed::NodeId& target);

struct TableShape {
  int elements;
  int maps;
};
TableShape shape_of(const typed::TypeNode& table, const Environment& env) noexcept;

// [-0, +1, e]
void push_field(lua_State* L, int index, const typed::TypeNode& field);
// [-0, +0, -]
bool is_text(lua_State* L, int index, std::string_view text) noexcept;
bool is_basic(lua_State* L, int index, std::string_view name) noexcept;
bool is_literal(lua_State* L, int index, const typed::Literal& literal) noexcept;
// [-0, +0, m]
bool is_callable(lua_State* L, int index);
// [-0, +0, e]
bool obeys(lua_State* L, int index, const TypeProgram& program, const typed::Validator& v);

}  // namespace wippy::lua
