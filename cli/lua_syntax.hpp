// Syntax check of Lua sources at load time.
#pragma once

#include "lua/bytecode.hpp"
#include "runtime/app/kinds.hpp"

namespace wippy::cli {

// What the entry's metadata say about the language of its source (`syntax: typed` or `plain`); kAuto: nothing.
lua::Dialect dialect_of(const app::Entry& entry);

// Compiles with the Lua this build runs; nothing is executed. Binary chunks are refused.
std::optional<app::SyntaxError> check_lua_syntax(const app::Entry& entry, std::string_view source);

}  // namespace wippy::cli
