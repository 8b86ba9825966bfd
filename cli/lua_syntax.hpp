// Syntax check of Lua sources at load time.
#pragma once

#include "runtime/app/kinds.hpp"

namespace wippy::cli {

// Compiles with the Lua this build runs; nothing is executed. Binary chunks are refused.
std::optional<app::SyntaxError> check_lua_syntax(const app::Entry& entry, std::string_view source);

}  // namespace wippy::cli
