// string.pack, packsize, unpack: binary formats of section 6.4.2 of the Lua 5.4 Reference Manual. Formats may be long: the
// three loops are sliced, and between slices their state lies in a userdata on the stack (pack: in its text sink).
#include <bit>
#include <climits>
#include <cstring>

#include "lua/pack_format.hpp"
#include "lua/slice.hpp"
#include "lua/stdlib.hpp"
#include "lua/text_sink.hpp"

namespace wippy::lua {
namespace {

using pack::Kind;
using pack::kIntegerSize;
using pack::kMaxIntegerSize;
using pack::Option;
using pack::read_option;
using pack::Reader;

constexpr size_t kMaxSize = INT_MAX;

// A loop over a format between two slices.
struct Parked {
  size_t format;  // offset
  size_t total;   // bytes packed, or where unpack stands
  int count;      // arguments or results so far
  int max_alignment;
  bool little;
};

Reader reader_of(lua_State* L) {
  size_t length;
  const char* format = luaL_checklstring(L, 1, &length);
  return {L, format, format + length};
}
Reader reader_of(lua_State* L, const Parked& at) {
  Reader r = reader_of(L);
  r.p += at.format;
  r.max_alignment = at.max_alignment;
  r.little = at.little;
  return r;
}
Parked park(const Reader& r, size_t total, int count) noexcept {
  size_t length;
  return {static_cast<size_t>(r.p - lua_tolstring(r.L, 1, &length)), total, count, r.max_alignment, r.little};
}
// Keeps the state in `slot`, which holds nil or an older one. [-0, +0, m]
void park_in(lua_State* L, int slot, const Parked& at) {
  auto* kept = static_cast<Parked*>(lua_touserdata(L, slot));
  if (kept == nullptr) {
    kept = static_cast<Parked*>(lua_newuserdatauv(L, sizeof at, 0));
    lua_replace(L, slot);
  }
  *kept = at;
}

// ---- pack

// Adds the low `size` bytes of a two's complement integer. [-0, +0, m]
void add_integer(TextSink& sink, const Reader& r, lua_Unsigned n, int size, bool negative) {
  char* out = sink.room(kMaxIntegerSize);
  for (int i = 0; i < size; ++i) {
    const lua_Unsigned byte = i < kIntegerSize ? (n >> (8 * i)) & 0xff : (negative ? 0xff : 0);
    out[r.little ? i : size - 1 - i] = static_cast<char>(byte);
  }
  sink.commit(static_cast<size_t>(size));
}

template <class Number>
void add_number(TextSink& sink, const Reader& r, Number n) {
  char bytes[sizeof n];
  std::memcpy(bytes, &n, sizeof n);
  char* out = sink.room(sizeof n);
  const bool same = r.little == (std::endian::native == std::endian::little);
  for (size_t i = 0; i < sizeof n; ++i) out[i] = bytes[same ? i : sizeof n - 1 - i];
  sink.commit(sizeof n);
}

void add_zeros(TextSink& sink, size_t count) {
  if (count == 0) return;
  std::memset(sink.room(count), 0, count);
  sink.commit(count);
}

void check_signed(lua_State* L, lua_Integer n, int size, int arg) {
  if (size >= kIntegerSize) return;
  const lua_Integer limit = lua_Integer{1} << (8 * size - 1);
  luaL_argcheck(L, -limit <= n && n < limit, arg, "integer overflow");
}

void check_unsigned(lua_State* L, lua_Integer n, int size, int arg) {
  if (size >= kIntegerSize) return;
  luaL_argcheck(L, static_cast<lua_Unsigned>(n) < lua_Unsigned{1} << (8 * size), arg, "unsigned overflow");
}

// Adds a string of one of the three kinds; returns how many bytes the option does not announce. [-0, +0, v]
size_t add_string(TextSink& sink, const Reader& r, const Option& option, int arg) {
  lua_State* const L = r.L;
  size_t length;
  const char* text = luaL_checklstring(L, arg, &length);
  const auto size = static_cast<size_t>(option.size);
  switch (option.kind) {
    case Kind::kFixed:
      luaL_argcheck(L, length <= size, arg, "string longer than given size");
      sink.append(text, length);
      add_zeros(sink, size - length);
      return 0;
    case Kind::kCounted:
      luaL_argcheck(L, option.size >= kIntegerSize || length < size_t{1} << (8 * size), arg,
                    "string length does not fit in given size");
      add_integer(sink, r, length, option.size, false);
      sink.append(text, length);
      return length;
    default:
      luaL_argcheck(L, std::strlen(text) == length, arg, "string contains zeros");
      sink.append(text, length);
      sink.append('\0');
      return length + 1;
  }
}

// ---- unpack

// [-0, +0, v]
lua_Integer get_integer(const Reader& r, const char* p, int size, bool is_signed) {
  lua_Unsigned n = 0;
  const int kept = size <= kIntegerSize ? size : kIntegerSize;
  for (int i = kept - 1; i >= 0; --i) n = (n << 8) | static_cast<unsigned char>(p[r.little ? i : size - 1 - i]);
  if (size < kIntegerSize) {
    const lua_Unsigned sign = lua_Unsigned{1} << (8 * size - 1);
    return static_cast<lua_Integer>(is_signed ? (n ^ sign) - sign : n);
  }
  const unsigned char fill = is_signed && static_cast<lua_Integer>(n) < 0 ? 0xff : 0;
  for (int i = kept; i < size; ++i) {
    if (static_cast<unsigned char>(p[r.little ? i : size - 1 - i]) == fill) continue;
    luaL_error(r.L, "%d-byte integer does not fit into Lua Integer", size);
  }
  return static_cast<lua_Integer>(n);
}

template <class Number>
Number get_number(const Reader& r, const char* p) noexcept {
  char bytes[sizeof(Number)];
  const bool same = r.little == (std::endian::native == std::endian::little);
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = p[same ? i : sizeof bytes - 1 - i];
  Number n;
  std::memcpy(&n, bytes, sizeof n);
  return n;
}

// Pushes the value of the option at `p`, with `left` bytes after its fixed part; returns further bytes used. [-0, +1, v]
size_t push_value(const Reader& r, const Option& option, const char* p, size_t left) {
  lua_State* const L = r.L;
  const auto size = static_cast<size_t>(option.size);
  switch (option.kind) {
    case Kind::kSigned:
    case Kind::kUnsigned: lua_pushinteger(L, get_integer(r, p, option.size, option.kind == Kind::kSigned)); return 0;
    case Kind::kFloat: lua_pushnumber(L, static_cast<lua_Number>(get_number<float>(r, p))); return 0;
    case Kind::kDouble: lua_pushnumber(L, get_number<double>(r, p)); return 0;
    case Kind::kFixed: lua_pushlstring(L, p, size); return 0;
    case Kind::kCounted: {
      const auto length = static_cast<size_t>(get_integer(r, p, option.size, false));
      luaL_argcheck(L, length <= left, 2, "data string too short");
      lua_pushlstring(L, p + size, length);
      return length;
    }
    default: {
      const void* zero = std::memchr(p, 0, left);
      luaL_argcheck(L, zero != nullptr, 2, "unfinished string for format 'z'");
      const auto length = static_cast<size_t>(static_cast<const char*>(zero) - p);
      lua_pushlstring(L, p, length);
      return length + 1;
    }
  }
}

// ---- the loops

// Adds the value of the option from argument `arg` on; returns how many bytes the option does not announce. [-0, +0, v]
size_t pack_option(TextSink& sink, const Reader& r, const Option& option, int& arg) {
  lua_State* const L = r.L;
  add_zeros(sink, static_cast<size_t>(option.padding));
  switch (option.kind) {
    case Kind::kSigned:
    case Kind::kUnsigned: {
      const lua_Integer n = luaL_checkinteger(L, ++arg);
      const bool is_signed = option.kind == Kind::kSigned;
      is_signed ? check_signed(L, n, option.size, arg) : check_unsigned(L, n, option.size, arg);
      add_integer(sink, r, static_cast<lua_Unsigned>(n), option.size, is_signed && n < 0);
      return 0;
    }
    case Kind::kFloat: add_number(sink, r, static_cast<float>(luaL_checknumber(L, ++arg))); return 0;
    case Kind::kDouble: add_number(sink, r, luaL_checknumber(L, ++arg)); return 0;
    case Kind::kFixed:
    case Kind::kCounted:
    case Kind::kZero: return add_string(sink, r, option, ++arg);
    case Kind::kPad: add_zeros(sink, 1); return 0;
    case Kind::kAlign:
    case Kind::kNothing: break;
  }
  return 0;
}

// Stack: 1 format, arguments, nil so that a missing one is not found in the sink, `slot` the text sink. True: done, the
// result is on top. [-0, +(0|1), v]
[[gnu::noinline]] bool pack_run(lua_State* L, int slot, const Parked* first) {
  TextSink sink(L, slot);
  const Parked at = first != nullptr ? *first : sink.parked<Parked>();
  Reader r = reader_of(L, at);
  size_t total = at.total;
  int arg = at.count;
  while (r.p < r.end) {
    const Option option = read_option(r, total);
    total += static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    total += pack_option(sink, r, option, arg);
    if (!r.poll_is_due() || !slice_must_yield(L)) continue;
    sink.park(park(r, total, arg));
    return false;
  }
  sink.push_result();
  return true;
}

int resume_pack(lua_State* L, int, lua_KContext slot) {
  return pack_run(L, static_cast<int>(slot), nullptr) ? 1 : slice_yield(L, slot, resume_pack);
}

// Stack: 1 format, 2 state or nil. [-0, +1, v]
int packsize_run(lua_State* L, int, lua_KContext) {
  const Parked at = *static_cast<const Parked*>(lua_touserdata(L, 2));
  Reader r = reader_of(L, at);
  size_t total = at.total;
  while (r.p < r.end) {
    const Option option = read_option(r, total);
    luaL_argcheck(L, option.kind != Kind::kCounted && option.kind != Kind::kZero, 1, "variable-length format");
    const size_t size = static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    luaL_argcheck(L, total <= kMaxSize - size, 1, "format result too large");
    total += size;
    if (!r.poll_is_due() || !slice_must_yield(L)) continue;
    park_in(L, 2, park(r, total, 0));
    return slice_yield(L, 0, packsize_run);
  }
  lua_pushinteger(L, static_cast<lua_Integer>(total));
  return 1;
}

// Stack: 1 format, 2 data, 3 state or nil, results. [-0, +n, v]
int unpack_run(lua_State* L, const Parked& from);
int resume_unpack(lua_State* L, int, lua_KContext) {
  return unpack_run(L, *static_cast<const Parked*>(lua_touserdata(L, 3)));
}

int unpack_run(lua_State* L, const Parked& from) {
  Reader r = reader_of(L, from);
  size_t length;
  const char* data = lua_tolstring(L, 2, &length);
  size_t at = from.total;
  int count = from.count;
  while (r.p < r.end) {
    const Option option = read_option(r, at);
    const size_t size = static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    luaL_argcheck(L, size <= length - at, 2, "data string too short");
    at += static_cast<size_t>(option.padding);
    const char* p = data + at;
    at += static_cast<size_t>(option.size);
    if (option.kind < Kind::kPad) {
      luaL_checkstack(L, 4, "too many results");
      at += push_value(r, option, p, length - at);
      ++count;
    }
    if (!r.poll_is_due() || !slice_must_yield(L)) continue;
    park_in(L, 3, park(r, at, count));
    return slice_yield(L, 0, resume_unpack);
  }
  lua_pushinteger(L, static_cast<lua_Integer>(at) + 1);
  return count + 1;
}

}  // namespace

int string_pack(lua_State* L) {
  const Parked start = park(reader_of(L), 0, 1);
  lua_pushnil(L);
  lua_pushnil(L);
  const int slot = lua_gettop(L);
  return pack_run(L, slot, &start) ? 1 : slice_yield(L, slot, resume_pack);
}

int string_packsize(lua_State* L) {
  const Parked start = park(reader_of(L), 0, 0);
  lua_settop(L, 1);
  lua_pushnil(L);
  park_in(L, 2, start);
  return packsize_run(L, LUA_OK, 0);
}

int string_unpack(lua_State* L) {
  const Reader r = reader_of(L);
  size_t length;
  check_subject(L, 2, &length);
  const lua_Integer init = luaL_optinteger(L, 3, 1);
  const bool from_end = init < 0 && init >= -static_cast<lua_Integer>(length);
  const size_t at = init > 0 ? static_cast<size_t>(init) - 1 : from_end ? length - static_cast<size_t>(-init) : 0;
  luaL_argcheck(L, at <= length, 3, "initial position out of string");
  lua_settop(L, 2);
  lua_pushnil(L);
  return unpack_run(L, park(r, at, 0));
}

}  // namespace wippy::lua
