// Two interpreters side by side: the stock library in a plain state, and ours, driven slice by slice in a coroutine.
#pragma once

#include <cstdlib>
#include <string>

#include <lua5.4/lua.hpp>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua::test {

// Results (or the error) of a chunk as one string, comparable between interpreters.
inline std::string show(lua_State* L, int index, int depth = 0) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      size_t length;
      const char* text = lua_tolstring(L, index, &length);
      return "'" + std::string(text, length) + "'";
    }
    case LUA_TNUMBER: {
      char text[64];
      if (lua_isinteger(L, index)) {
        std::snprintf(text, sizeof text, "%lld", lua_tointeger(L, index));
      } else {
        std::snprintf(text, sizeof text, "f%.17g", lua_tonumber(L, index));
      }
      return text;
    }
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TTABLE: {
      std::string out = "{";
      const auto n = static_cast<lua_Integer>(lua_rawlen(L, index));
      const int absolute = lua_absindex(L, index);
      for (lua_Integer i = 1; i <= n && depth < 3; ++i) {
        lua_rawgeti(L, absolute, i);
        out += show(L, -1, depth + 1) + ",";
        lua_pop(L, 1);
      }
      return out + "}";
    }
    default: return lua_typename(L, lua_type(L, index));
  }
}

inline std::string show_all(lua_State* L, int count) {
  std::string out;
  for (int i = lua_gettop(L) - count + 1; i <= lua_gettop(L); ++i) out += show(L, i) + " ";
  return out;
}

class Stock {
 public:
  Stock() : L_(luaL_newstate()) { luaL_openlibs(L_); }
  ~Stock() { lua_close(L_); }
  Stock(const Stock&) = delete;
  Stock& operator=(const Stock&) = delete;

  std::string run(const std::string& code) {
    lua_settop(L_, 0);
    if (luaL_loadbuffer(L_, code.data(), code.size(), "=t") != LUA_OK) return "load: " + show_all(L_, 1);
    const int status = lua_pcall(L_, 0, LUA_MULTRET, 0);
    return status == LUA_OK ? show_all(L_, lua_gettop(L_)) : "error: " + show_all(L_, 1);
  }
  lua_State* state() { return L_; }

 private:
  lua_State* L_;
};

class Ours {
 public:
  // Bytes the state may hold; 0: no limit.
  explicit Ours(size_t limit = 0) : limit_(limit), L_(lua_newstate(&Ours::allocate, this)) {
    root_.random_seed = 7;
    set_state_root(L_, &root_);
    luaL_requiref(L_, "_G", luaopen_base, 1);
    luaL_requiref(L_, "coroutine", luaopen_coroutine, 1);
    luaL_requiref(L_, "string", open_string, 1);
    luaL_requiref(L_, "table", open_table, 1);
    luaL_requiref(L_, "math", open_math, 1);
    luaL_requiref(L_, "utf8", open_utf8, 1);
    lua_settop(L_, 0);
  }
  ~Ours() { lua_close(L_); }
  Ours(const Ours&) = delete;
  Ours& operator=(const Ours&) = delete;

  // Runs in a coroutine and resumes after each system yield. `kill_at` > 0: after so many slices the process is killed and
  // not resumed, as the runtime does it.
  std::string run(const std::string& code, size_t kill_at = 0) {
    lua_settop(L_, 0);
    lua_State* co = lua_newthread(L_);
    if (luaL_loadbuffer(co, code.data(), code.size(), "=t") != LUA_OK) return "load: " + show_all(co, 1);
    slices = 0;
    for (;;) {
      root_.slice.expired = 0;
      int results = 0;
      const int status = lua_resume(co, nullptr, 0, &results);
      if (status == LUA_OK) return show_all(co, results);
      if (status != LUA_YIELD) return "error: " + show_all(co, 1);
      if (!root_.slice.system_yield) return "yield: " + show_all(co, results);
      root_.slice.system_yield = false;
      ++slices;
      if (slices == kill_at) {
        root_.slice.killed = true;
        return "killed";
      }
    }
  }

  // Runs where nothing can yield.
  std::string run_unyieldable(const std::string& code) {
    lua_settop(L_, 0);
    if (luaL_loadbuffer(L_, code.data(), code.size(), "=t") != LUA_OK) return "load: " + show_all(L_, 1);
    const int status = lua_pcall(L_, 0, LUA_MULTRET, 0);
    if (status == LUA_OK) return show_all(L_, lua_gettop(L_));
    if (lua_touserdata(L_, -1) == &kKillToken) return "killed";
    return "error: " + show_all(L_, 1);
  }

  StateRoot& root() { return root_; }
  lua_State* state() { return L_; }
  size_t used() const { return used_; }
  size_t slices = 0;

 private:
  static void* allocate(void* self, void* block, size_t old_size, size_t new_size) {
    auto* ours = static_cast<Ours*>(self);
    if (block == nullptr) old_size = 0;
    if (ours->limit_ != 0 && new_size > old_size && ours->used_ + (new_size - old_size) > ours->limit_) return nullptr;
    ours->used_ += new_size - old_size;
    if (new_size != 0) return std::realloc(block, new_size);
    std::free(block);
    return nullptr;
  }

  StateRoot root_;
  size_t limit_;
  size_t used_ = 0;
  lua_State* L_;
};

}  // namespace wippy::lua::test
