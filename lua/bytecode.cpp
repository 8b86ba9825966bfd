#include "lua/bytecode.hpp"

#include <new>

#include "lua/stdlib.hpp"

namespace wippy::lua {

namespace {

// Called through C: a refused allocation must not become an exception that crosses liblua's frames.
int append(lua_State*, const void* bytes, std::size_t size, void* out) noexcept {
  try {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

}  // namespace

Status compile(std::string_view source, std::string_view chunk_name, Bytecode& out, std::string& error_text) {
  const std::string name = "=" + std::string(chunk_name);
  lua_State* const L = luaL_newstate();
  if (L == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  Status result;
  out.bytes.clear();
  if (luaL_loadbufferx(L, source.data(), source.size(), name.c_str(), "t") != LUA_OK) {
    std::size_t length = 0;
    const char* text = lua_tolstring(L, -1, &length);
    error_text.assign(text != nullptr ? text : "", length);
    result = Status::error(ErrorKind::kInvalid, "source does not compile");
  } else if (lua_dump(L, append, &out.bytes, 0) != 0) {
    result = Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }
  lua_close(L);
  out.string_operators = string_operators_in(source);
  return result;
}

void push_chunk(lua_State* L, const Bytecode& code, const char* chunk_name) {
  add_string_operators(L, code.string_operators);
  if (luaL_loadbufferx(L, code.bytes.data(), code.bytes.size(), chunk_name, "b") != LUA_OK) lua_error(L);
}

}  // namespace wippy::lua
