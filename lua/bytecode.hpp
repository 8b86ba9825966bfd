// Compiled Lua source: made once per entry, loaded into each process's state. With line information (tracebacks).
#pragma once

#include <string>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "memory/status.hpp"

namespace wippy::lua {

struct Bytecode {
  std::string bytes;  // lua_dump; trusted: only compile() makes it
};

// Compiles `source` under `chunk_name` (shown as it is: "app:worker:12: ..."). kInvalid: `error_text` is Lua's message with
// the line. Any thread.
Status compile(std::string_view source, std::string_view chunk_name, Bytecode& out, std::string& error_text);

// Pushes the function, or the error message. Returns a Lua status. [-0, +1, -]
int load(lua_State* L, const Bytecode& code, const char* chunk_name) noexcept;

}  // namespace wippy::lua
