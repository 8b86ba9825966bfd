// The format of string.pack, packsize and unpack, read one option at a time (section 6.4.2 of the Lua 5.4 Reference Manual).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lua5.4/lua.hpp>

namespace wippy::lua::pack {

inline constexpr int kMaxIntegerSize = 16;
inline constexpr int kIntegerSize = static_cast<int>(sizeof(lua_Integer));
inline constexpr unsigned kOptionsPerPoll = 4096;

enum class Kind : uint8_t { kSigned, kUnsigned, kFloat, kDouble, kFixed, kCounted, kZero, kPad, kAlign, kNothing };

// On a stack; borrows the format.
struct Reader {
  lua_State* L;
  const char* p;
  const char* end;
  bool little = std::endian::native == std::endian::little;
  int max_alignment = 1;
  unsigned options = 0;
  bool poll_is_due() noexcept { return ++options % kOptionsPerPoll == 0; }
};

struct Option {
  Kind kind;
  int size;     // of the value, or of the count of kCounted
  int padding;  // bytes to insert before it
};

// The next option for a value that would begin at offset `total`; raises for a bad one. [-0, +0, v]
Option read_option(Reader& r, size_t total);

}  // namespace wippy::lua::pack
