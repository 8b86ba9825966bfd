// Compiled Lua source: made once per entry, loaded into each process's state. With line information (tracebacks).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "memory/status.hpp"

namespace wippy::lua {

struct TypeProgram;

struct Bytecode {
  std::string bytes;              // lua_dump; trusted: only compile() makes it
  uint32_t string_operators = 0;  // that the source may contain (lua/stdlib.hpp)
  bool calls_string = false;      // the source may call the table `string`, or give it away to be called
  // Type declarations that the source also reads as values (lua/type_value.hpp). Null: there are none.
  std::shared_ptr<const TypeProgram> types;
};

// What a source may be written in: kAuto takes it as plain Lua, and as typed Lua if plain Lua refuses it. A comment --!typed or
// --!plain in the first three lines decides in place of kAuto.
enum class Dialect : uint8_t { kAuto, kTyped, kPlain };

// Compiles `source` under `chunk_name` (shown as it is: "app:worker:12: ..."). kInvalid: `error_text` is "name:line: …" or
// "name:line:column: …". Any thread.
Status compile(std::string_view source, std::string_view chunk_name, Bytecode& out, std::string& error_text,
               Dialect dialect = Dialect::kAuto);

// Pushes the function; `chunk_name` is for complaints about the bytecode. [-0, +1, e]
void push_chunk(lua_State* L, const Bytecode& code, const char* chunk_name);

}  // namespace wippy::lua
