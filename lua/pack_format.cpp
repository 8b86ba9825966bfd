#include "lua/pack_format.hpp"

#include <climits>

namespace wippy::lua::pack {
namespace {

constexpr int kNativeAlignment = static_cast<int>(alignof(double));  // the strictest of the types packed here

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

}  // namespace

Option read_option(Reader& r, size_t total) {
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

}  // namespace wippy::lua::pack
