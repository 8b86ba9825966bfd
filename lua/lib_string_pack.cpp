// string.pack, packsize, unpack: binary formats of section 6.4.2 of the Lua 5.4 Reference Manual.
#include <bit>
#include <climits>
#include <cstring>

#include "lua/slice.hpp"
#include "lua/stdlib.hpp"

namespace wippy::lua {
namespace {

constexpr int kMaxIntegerSize = 16;
constexpr int kIntegerSize = static_cast<int>(sizeof(lua_Integer));
constexpr int kNativeAlignment = static_cast<int>(alignof(double));  // the strictest of the types packed here
constexpr size_t kMaxSize = INT_MAX;
constexpr unsigned kOptionsPerPoll = 8192;

enum class Kind : uint8_t { kSigned, kUnsigned, kFloat, kDouble, kFixed, kCounted, kZero, kPad, kAlign, kNothing };

struct Reader {
  lua_State* L;
  const char* p;
  const char* end;
  bool little = std::endian::native == std::endian::little;
  int max_alignment = 1;
  unsigned options = 0;
};

struct Option {
  Kind kind;
  int size;     // of the value, or of the count of kCounted
  int padding;  // bytes to insert before it
};

bool is_digit(const Reader& r) noexcept { return r.p < r.end && *r.p >= '0' && *r.p <= '9'; }

// A number in the format, `otherwise` if there is none; stops taking digits before it overflows.
int read_number(Reader& r, int otherwise) noexcept {
  if (!is_digit(r)) return otherwise;
  int n = 0;
  while (is_digit(r) && n <= (INT_MAX - 9) / 10) n = n * 10 + (*r.p++ - '0');
  return n;
}

// [-0, +0, v]
int read_size(Reader& r, int otherwise) {
  const int n = read_number(r, otherwise);
  if (n > kMaxIntegerSize || n <= 0) luaL_error(r.L, "integral size (%d) out of limits [1,%d]", n, kMaxIntegerSize);
  return n;
}

Option integer(bool is_signed, size_t size) noexcept {
  return {is_signed ? Kind::kSigned : Kind::kUnsigned, static_cast<int>(size), 0};
}

// The next option without its alignment. [-0, +0, v]
Option read_plain(Reader& r) {
  const char c = *r.p++;
  switch (c) {
    case 'b': return integer(true, sizeof(char));
    case 'B': return integer(false, sizeof(char));
    case 'h': return integer(true, sizeof(short));
    case 'H': return integer(false, sizeof(short));
    case 'i': return integer(true, static_cast<size_t>(read_size(r, sizeof(int))));
    case 'I': return integer(false, static_cast<size_t>(read_size(r, sizeof(int))));
    case 'l': return integer(true, sizeof(long));
    case 'L': return integer(false, sizeof(long));
    case 'j': return integer(true, sizeof(lua_Integer));
    case 'J': return integer(false, sizeof(lua_Integer));
    case 'T': return integer(false, sizeof(size_t));
    case 'f': return {Kind::kFloat, sizeof(float), 0};
    case 'd':
    case 'n': return {Kind::kDouble, sizeof(double), 0};
    case 's': return {Kind::kCounted, read_size(r, sizeof(size_t)), 0};
    case 'c': {
      const int size = read_number(r, -1);
      if (size == -1) luaL_error(r.L, "missing size for format option 'c'");
      return {Kind::kFixed, size, 0};
    }
    case 'z': return {Kind::kZero, 0, 0};
    case 'x': return {Kind::kPad, 1, 0};
    case 'X': return {Kind::kAlign, 0, 0};
    case ' ': break;
    case '<': r.little = true; break;
    case '>': r.little = false; break;
    case '=': r.little = std::endian::native == std::endian::little; break;
    case '!': r.max_alignment = read_size(r, kNativeAlignment); break;
    default: luaL_error(r.L, "invalid format option '%c'", c);
  }
  return {Kind::kNothing, 0, 0};
}

// The next option for a value that would begin at offset `total`. [-0, +0, v]
Option read_option(Reader& r, size_t total) {
  if (++r.options % kOptionsPerPoll == 0 && slice_expired(r.L)) slice_check_killed(r.L);
  Option option = read_plain(r);
  int alignment = option.size;
  if (option.kind == Kind::kAlign) {
    const bool more = r.p < r.end;
    const Option next = more ? read_plain(r) : Option{Kind::kFixed, 0, 0};
    alignment = next.size;
    if (next.kind == Kind::kFixed || alignment == 0) luaL_argerror(r.L, 1, "invalid next option for option 'X'");
  }
  const bool aligned = option.kind <= Kind::kDouble || option.kind == Kind::kCounted || option.kind == Kind::kAlign;
  if (alignment <= 1 || !aligned) return option;
  if (alignment > r.max_alignment) alignment = r.max_alignment;
  if ((alignment & (alignment - 1)) != 0) luaL_argerror(r.L, 1, "format asks for alignment not power of 2");
  const auto mask = static_cast<size_t>(alignment - 1);
  option.padding = static_cast<int>((static_cast<size_t>(alignment) - (total & mask)) & mask);
  return option;
}

Reader reader_of(lua_State* L) {
  size_t length;
  const char* format = luaL_checklstring(L, 1, &length);
  return {L, format, format + length};
}

// ---- pack

// Adds the low `size` bytes of a two's complement integer. [-0, +0, m]
void add_integer(luaL_Buffer& buffer, const Reader& r, lua_Unsigned n, int size, bool negative) {
  char* out = luaL_prepbuffsize(&buffer, kMaxIntegerSize);
  for (int i = 0; i < size; ++i) {
    const lua_Unsigned byte = i < kIntegerSize ? (n >> (8 * i)) & 0xff : (negative ? 0xff : 0);
    out[r.little ? i : size - 1 - i] = static_cast<char>(byte);
  }
  luaL_addsize(&buffer, static_cast<size_t>(size));
}

template <class Number>
void add_number(luaL_Buffer& buffer, const Reader& r, Number n) {
  char bytes[sizeof n];
  std::memcpy(bytes, &n, sizeof n);
  char* out = luaL_prepbuffsize(&buffer, sizeof n);
  const bool same = r.little == (std::endian::native == std::endian::little);
  for (size_t i = 0; i < sizeof n; ++i) out[i] = bytes[same ? i : sizeof n - 1 - i];
  luaL_addsize(&buffer, sizeof n);
}

void add_zeros(luaL_Buffer& buffer, size_t count) {
  if (count == 0) return;
  std::memset(luaL_prepbuffsize(&buffer, count), 0, count);
  luaL_addsize(&buffer, count);
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
size_t add_string(luaL_Buffer& buffer, const Reader& r, const Option& option, int arg) {
  lua_State* const L = r.L;
  size_t length;
  const char* text = luaL_checklstring(L, arg, &length);
  const auto size = static_cast<size_t>(option.size);
  switch (option.kind) {
    case Kind::kFixed:
      luaL_argcheck(L, length <= size, arg, "string longer than given size");
      luaL_addlstring(&buffer, text, length);
      add_zeros(buffer, size - length);
      return 0;
    case Kind::kCounted:
      luaL_argcheck(L, option.size >= kIntegerSize || length < size_t{1} << (8 * size), arg,
                    "string length does not fit in given size");
      add_integer(buffer, r, length, option.size, false);
      luaL_addlstring(&buffer, text, length);
      return length;
    default:
      luaL_argcheck(L, std::strlen(text) == length, arg, "string contains zeros");
      luaL_addlstring(&buffer, text, length);
      luaL_addchar(&buffer, '\0');
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

}  // namespace

int string_pack(lua_State* L) {
  Reader r = reader_of(L);
  int arg = 1;
  size_t total = 0;
  lua_pushnil(L);  // so that a missing argument is not found inside the buffer
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  while (r.p < r.end) {
    const Option option = read_option(r, total);
    total += static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    add_zeros(buffer, static_cast<size_t>(option.padding));
    switch (option.kind) {
      case Kind::kSigned:
      case Kind::kUnsigned: {
        const lua_Integer n = luaL_checkinteger(L, ++arg);
        const bool is_signed = option.kind == Kind::kSigned;
        is_signed ? check_signed(L, n, option.size, arg) : check_unsigned(L, n, option.size, arg);
        add_integer(buffer, r, static_cast<lua_Unsigned>(n), option.size, is_signed && n < 0);
        break;
      }
      case Kind::kFloat: add_number(buffer, r, static_cast<float>(luaL_checknumber(L, ++arg))); break;
      case Kind::kDouble: add_number(buffer, r, luaL_checknumber(L, ++arg)); break;
      case Kind::kFixed:
      case Kind::kCounted:
      case Kind::kZero: total += add_string(buffer, r, option, ++arg); break;
      case Kind::kPad: add_zeros(buffer, 1); break;
      case Kind::kAlign:
      case Kind::kNothing: break;
    }
  }
  luaL_pushresult(&buffer);
  return 1;
}

int string_packsize(lua_State* L) {
  Reader r = reader_of(L);
  size_t total = 0;
  while (r.p < r.end) {
    const Option option = read_option(r, total);
    luaL_argcheck(L, option.kind != Kind::kCounted && option.kind != Kind::kZero, 1, "variable-length format");
    const size_t size = static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    luaL_argcheck(L, total <= kMaxSize - size, 1, "format result too large");
    total += size;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(total));
  return 1;
}

int string_unpack(lua_State* L) {
  Reader r = reader_of(L);
  size_t length;
  const char* data = check_subject(L, 2, &length);
  const lua_Integer init = luaL_optinteger(L, 3, 1);
  const bool from_end = init < 0 && init >= -static_cast<lua_Integer>(length);
  size_t at = init > 0 ? static_cast<size_t>(init) - 1 : from_end ? length - static_cast<size_t>(-init) : 0;
  luaL_argcheck(L, at <= length, 3, "initial position out of string");
  int count = 0;
  while (r.p < r.end) {
    const Option option = read_option(r, at);
    const size_t size = static_cast<size_t>(option.padding) + static_cast<size_t>(option.size);
    luaL_argcheck(L, size <= length - at, 2, "data string too short");
    at += static_cast<size_t>(option.padding);
    const char* p = data + at;
    at += static_cast<size_t>(option.size);
    if (option.kind >= Kind::kPad) continue;
    luaL_checkstack(L, 2, "too many results");
    at += push_value(r, option, p, length - at);
    ++count;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(at) + 1);
  return count + 1;
}

}  // namespace wippy::lua
