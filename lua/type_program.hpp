// The reified types of one program, ready to check values: the eraser's trees with literals evaluated and patterns compiled.
// Immutable, shared by all processes of the program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/typed/types.hpp"

namespace re2 {
class RE2;
}

namespace wippy::lua {

struct TypeProgram {
  TypeProgram();
  ~TypeProgram();
  TypeProgram(const TypeProgram&) = delete;
  TypeProgram& operator=(const TypeProgram&) = delete;

  typed::Types types;
  std::vector<std::unique_ptr<re2::RE2>> patterns;
};

// Does `text` have a part that the pattern matches? Linear time. Any thread.
bool matches(const TypeProgram& program, int32_t pattern, std::string_view text) noexcept;

// Evaluates the literals in `L`, a state of the caller's own that nobody else sees, and compiles the patterns. Null: one of
// them is wrong, `line` and `message` say which.
std::shared_ptr<const TypeProgram> make_type_program(lua_State* L, typed::Types&& types, uint32_t& line,
                                                     std::string& message);

}  // namespace wippy::lua
