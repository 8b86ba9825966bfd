// The short functions of the string library and the library table.
#include <climits>
#include <cstring>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

// Start position as an index from 1; may be beyond the end.
size_t start_position(lua_Integer position, size_t length) noexcept {
  if (position > 0) return static_cast<size_t>(position);
  if (position == 0 || position < -static_cast<lua_Integer>(length)) return 1;
  return length + static_cast<size_t>(position) + 1;
}

// End position as an index from 1, inclusive; 0 is before the first.
size_t end_position(lua_Integer position, size_t length) noexcept {
  if (position > static_cast<lua_Integer>(length)) return length;
  if (position >= 0) return static_cast<size_t>(position);
  if (position < -static_cast<lua_Integer>(length)) return 0;
  return length + static_cast<size_t>(position) + 1;
}

int string_len(lua_State* L) {
  size_t length;
  check_subject(L, 1, &length);
  lua_pushinteger(L, static_cast<lua_Integer>(length));
  return 1;
}

int string_sub(lua_State* L) {
  size_t length;
  const char* text = check_subject(L, 1, &length);
  const size_t first = start_position(luaL_checkinteger(L, 2), length);
  const size_t last = end_position(luaL_optinteger(L, 3, -1), length);
  if (first > last) {
    lua_pushliteral(L, "");
  } else {
    lua_pushlstring(L, text + first - 1, last - first + 1);
  }
  return 1;
}

// ---- upper, lower, reverse. A long result is filled in slices. Stack: 1 subject, 2 the result's bytes. ctx: how many are there.

constexpr size_t kMapAtOnce = 1 << 16;

using Map = void (*)(char* out, const char* text, size_t length, size_t from, size_t to) noexcept;

void to_upper(char* out, const char* text, size_t, size_t from, size_t to) noexcept {
  for (size_t i = from; i < to; ++i) {
    const char c = text[i];
    out[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
}
void to_lower(char* out, const char* text, size_t, size_t from, size_t to) noexcept {
  for (size_t i = from; i < to; ++i) {
    const char c = text[i];
    out[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
}
void to_reverse(char* out, const char* text, size_t length, size_t from, size_t to) noexcept {
  for (size_t i = from; i < to; ++i) out[i] = text[length - 1 - i];
}

template <Map map>
int map_more(lua_State* L, int, lua_KContext ctx) {
  size_t length;
  const char* text = lua_tolstring(L, 1, &length);
  auto* const out = static_cast<char*>(lua_touserdata(L, 2));
  for (auto from = static_cast<size_t>(ctx); from < length;) {
    const size_t to = length - from < kMapAtOnce ? length : from + kMapAtOnce;
    map(out, text, length, from, to);
    from = to;
    if (slice_must_yield(L)) return slice_yield(L, static_cast<lua_KContext>(from), map_more<map>);
  }
  lua_pushlstring(L, out, length);
  return 1;
}

template <Map map>
int map_bytes(lua_State* L) {
  size_t length;
  const char* text = check_subject(L, 1, &length);
  if (length > kMapAtOnce) {
    lua_settop(L, 1);
    lua_newuserdatauv(L, length, 0);
    return map_more<map>(L, LUA_OK, 0);
  }
  luaL_Buffer buffer;
  map(luaL_buffinitsize(L, &buffer, length), text, length, 0, length);
  luaL_pushresultsize(&buffer, length);
  return 1;
}

int string_byte(lua_State* L) {
  size_t length;
  const char* text = check_subject(L, 1, &length);
  const lua_Integer from = luaL_optinteger(L, 2, 1);
  const size_t first = start_position(from, length);
  const size_t last = end_position(luaL_optinteger(L, 3, from), length);
  if (first > last) return 0;
  if (last - first >= INT_MAX) return luaL_error(L, "string slice too long");
  const int count = static_cast<int>(last - first) + 1;
  luaL_checkstack(L, count, "string slice too long");
  for (int i = 0; i < count; ++i)
    lua_pushinteger(L, static_cast<unsigned char>(text[first - 1 + static_cast<size_t>(i)]));
  return count;
}

int string_char(lua_State* L) {
  const int count = lua_gettop(L);
  luaL_Buffer buffer;
  char* out = luaL_buffinitsize(L, &buffer, static_cast<size_t>(count));
  for (int i = 1; i <= count; ++i) {
    const lua_Integer c = luaL_checkinteger(L, i);
    luaL_argcheck(L, 0 <= c && c <= UCHAR_MAX, i, "value out of range");
    out[i - 1] = static_cast<char>(c);
  }
  luaL_pushresultsize(&buffer, static_cast<size_t>(count));
  return 1;
}

// ---- rep

struct Unit {
  const char* text;
  size_t length;
  const char* separator;
  size_t separator_length;
  size_t size() const noexcept { return length + separator_length; }
};

// Pushes `count` units followed by the text alone if `tail`. [-0, +1, m]
void push_units(lua_State* L, const Unit& unit, size_t count, bool tail) {
  const size_t total = count * unit.size();
  const size_t size = total + (tail ? unit.length : 0);
  luaL_Buffer buffer;
  char* out = luaL_buffinitsize(L, &buffer, size);
  if (total != 0) {
    std::memcpy(out, unit.text, unit.length);
    std::memcpy(out + unit.length, unit.separator, unit.separator_length);
    for (size_t done = unit.size(); done < total;) {
      const size_t step = done < total - done ? done : total - done;
      std::memcpy(out + done, out, step);
      done += step;
    }
  }
  if (tail) std::memcpy(out + total, unit.text, unit.length);
  luaL_pushresultsize(&buffer, size);
}

// Long results are concatenated from repeated references to one chunk: a single allocation and a single copy.
int string_rep(lua_State* L) {
  constexpr size_t kChunk = 1 << 18;
  Unit unit{};
  unit.text = check_subject(L, 1, &unit.length);
  const lua_Integer n = luaL_checkinteger(L, 2);
  unit.separator = luaL_optlstring(L, 3, "", &unit.separator_length);
  if (n <= 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  const auto count = static_cast<size_t>(n);
  if (unit.size() < unit.length || unit.size() > INT_MAX / count) return luaL_error(L, "resulting string too large");
  if (unit.size() == 0 || unit.size() * count <= kChunk) {
    push_units(L, unit, unit.size() == 0 ? 0 : count - 1, true);
    return 1;
  }
  const size_t chunk_units = unit.size() > kChunk ? 1 : kChunk / unit.size();
  const size_t chunks = (count - 1) / chunk_units;
  luaL_checkstack(L, static_cast<int>(chunks) + 8, "resulting string too large");
  if (chunks != 0) push_units(L, unit, chunk_units, false);
  for (size_t i = 1; i < chunks; ++i) lua_pushvalue(L, -1);
  push_units(L, unit, (count - 1) % chunk_units, true);
  lua_concat(L, static_cast<int>(chunks) + 1);
  return 1;
}

const luaL_Reg kString[] = {
    {"len", string_len},
    {"sub", string_sub},
    {"upper", map_bytes<to_upper>},
    {"lower", map_bytes<to_lower>},
    {"reverse", map_bytes<to_reverse>},
    {"byte", string_byte},
    {"char", string_char},
    {"rep", string_rep},
    {"format", string_format},
    {"find", string_find},
    {"match", string_match},
    {"gmatch", string_gmatch},
    {"gsub", string_gsub},
    {"pack", string_pack},
    {"packsize", string_packsize},
    {"unpack", string_unpack},
    {nullptr, nullptr},
};

}  // namespace

const char* check_subject(lua_State* L, int arg, size_t* length) {
  if (lua_type(L, arg) == LUA_TUSERDATA && luaL_getmetafield(L, arg, "__tostring") != LUA_TNIL) {
    lua_pop(L, 1);
    luaL_tolstring(L, arg, nullptr);
    lua_replace(L, arg);
  }
  return luaL_checklstring(L, arg, length);
}

int open_string(lua_State* L) {
  luaL_newlib(L, kString);
  lua_pushliteral(L, "");
  if (lua_getmetatable(L, -1)) {
    lua_pop(L, 2);
    return 1;
  }
  lua_pop(L, 1);
  lua_pushboolean(L, 0);
  lua_setfield(L, LUA_REGISTRYINDEX, "__metatable");
  lua_pushvalue(L, -1);
  give_to_strings(L, kAllStringOperators);
  return 1;
}

}  // namespace wippy::lua
