// The utf8 library: liblua's, with `len` and `offset` rewritten so that they are sliced; the others take one character, or as
// many as the stack holds.
#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

constexpr lua_Integer kStepsPerPoll = 1 << 14;

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The bytes of the character at the beginning of [p, end), 0: none is encoded there. `lax`: up to 2^31, surrogates too.
size_t character_bytes(const char* p, const char* end, bool lax) noexcept {
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000};
  const auto first = static_cast<unsigned char>(*p);
  if (first < 0x80) return 1;
  size_t bytes = 0;
  while (bytes < 8 && (first >> (7 - bytes) & 1) != 0) ++bytes;
  if (bytes < 2 || bytes > 6 || static_cast<size_t>(end - p) < bytes) return 0;
  uint32_t code = first & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if (!continues(p[i])) return 0;
    code = code << 6 | (static_cast<unsigned char>(p[i]) & 0x3f);
  }
  if (code < kSmallest[bytes]) return 0;
  if (!lax && (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))) return 0;
  return bytes;
}

// A position counted from the end becomes one from the start; 0: before it.
lua_Integer from_start(lua_Integer position, size_t length) noexcept {
  if (position >= 0) return position;
  const auto bytes = static_cast<lua_Integer>(length);
  return position < -bytes ? 0 : bytes + position + 1;
}

// ---- len. Stack: 1 text, 2 offset of the last byte, 3 lax, 4 characters so far. ctx: offset.

int count_more(lua_State* L, int, lua_KContext ctx) {
  size_t length;
  const char* text = lua_tolstring(L, 1, &length);
  const lua_Integer last = lua_tointeger(L, 2);
  const bool lax = lua_toboolean(L, 3) != 0;
  lua_Integer count = lua_tointeger(L, 4);
  lua_Integer steps = kStepsPerPoll;
  for (auto at = static_cast<lua_Integer>(ctx); at <= last; ++count) {
    const size_t bytes = character_bytes(text + at, text + length, lax);
    if (bytes == 0) {
      luaL_pushfail(L);
      lua_pushinteger(L, at + 1);
      return 2;
    }
    at += static_cast<lua_Integer>(bytes);
    if (--steps != 0) continue;
    steps = kStepsPerPoll;
    if (!slice_must_yield(L)) continue;
    lua_pushinteger(L, count + 1);
    lua_replace(L, 4);
    return slice_yield(L, static_cast<lua_KContext>(at), count_more);
  }
  lua_pushinteger(L, count);
  return 1;
}

// utf8.len(s [, i [, j [, lax]]])
int utf8_length(lua_State* L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  const lua_Integer first = from_start(luaL_optinteger(L, 2, 1), length) - 1;
  const lua_Integer last = from_start(luaL_optinteger(L, 3, -1), length) - 1;
  luaL_argcheck(L, 0 <= first && first <= static_cast<lua_Integer>(length), 2, "initial position out of bounds");
  luaL_argcheck(L, last < static_cast<lua_Integer>(length), 3, "final position out of bounds");
  const bool lax = lua_toboolean(L, 4) != 0;
  lua_settop(L, 1);
  lua_pushinteger(L, last);
  lua_pushboolean(L, lax);
  lua_pushinteger(L, 0);
  return count_more(L, LUA_OK, static_cast<lua_KContext>(first));
}

// ---- offset. Stack: 1 text, 2 characters still to pass (negative: backwards), 3 true: to the start of this one. ctx: offset.

int seek_more(lua_State* L, int, lua_KContext ctx) {
  size_t length;
  const char* text = lua_tolstring(L, 1, &length);
  const auto end = static_cast<lua_Integer>(length);
  const auto inside = [text, end](lua_Integer at) { return at < end && continues(text[at]); };
  lua_Integer left = lua_tointeger(L, 2);
  const bool to_start = lua_toboolean(L, 3) != 0;
  lua_Integer steps = kStepsPerPoll;
  auto at = static_cast<lua_Integer>(ctx);
  while (to_start ? at > 0 && inside(at) : left > 0 ? at < end : left < 0 && at > 0) {
    const bool forwards = left > 0;
    at += forwards ? 1 : -1;
    if (!to_start && (!inside(at) || at == 0)) left += forwards ? -1 : 1;
    if (--steps != 0) continue;
    steps = kStepsPerPoll;
    if (!slice_must_yield(L)) continue;
    lua_pushinteger(L, left);
    lua_replace(L, 2);
    return slice_yield(L, static_cast<lua_KContext>(at), seek_more);
  }
  if (left != 0) {
    luaL_pushfail(L);
  } else {
    lua_pushinteger(L, at + 1);
  }
  return 1;
}

// utf8.offset(s, n [, i])
int utf8_offset(lua_State* L) {
  size_t length;
  const char* text = luaL_checklstring(L, 1, &length);
  const lua_Integer n = luaL_checkinteger(L, 2);
  const auto end = static_cast<lua_Integer>(length);
  const lua_Integer at = from_start(luaL_optinteger(L, 3, n >= 0 ? 1 : end + 1), length) - 1;
  luaL_argcheck(L, 0 <= at && at <= end, 3, "position out of bounds");
  if (n != 0 && at < end && continues(text[at])) return luaL_error(L, "initial position is a continuation byte");
  lua_settop(L, 1);
  lua_pushinteger(L, n > 0 ? n - 1 : n);  // the first of n is the one at `at`
  lua_pushboolean(L, n == 0);
  return seek_more(L, LUA_OK, static_cast<lua_KContext>(at));
}

}  // namespace

int open_utf8(lua_State* L) {
  luaopen_utf8(L);
  lua_pushcfunction(L, utf8_length);
  lua_setfield(L, -2, "len");
  lua_pushcfunction(L, utf8_offset);
  lua_setfield(L, -2, "offset");
  return 1;
}

}  // namespace wippy::lua
