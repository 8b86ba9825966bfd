// Character classes and sets of Lua patterns: what one pattern item matches.
#pragma once

#include <array>
#include <cstdint>

namespace wippy::lua {

// Character classes of the "C" locale as bits, so that matching depends on nothing outside.
enum ClassBit : uint16_t {
  kAlpha = 1,
  kCntrl = 2,
  kDigit = 4,
  kGraph = 8,
  kLower = 16,
  kPunct = 32,
  kSpace = 64,
  kUpper = 128,
  kAlnum = 256,
  kHex = 512,
  kNul = 1024,
};

constexpr uint16_t bits_of(int c) {
  const bool lower = c >= 'a' && c <= 'z';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool digit = c >= '0' && c <= '9';
  const bool graph = c > 32 && c < 127;
  int bits = 0;
  if (lower || upper) bits |= kAlpha;
  if (c < 32 || c == 127) bits |= kCntrl;
  if (digit) bits |= kDigit;
  if (graph) bits |= kGraph;
  if (lower) bits |= kLower;
  if (graph && !lower && !upper && !digit) bits |= kPunct;
  if (c == ' ' || (c >= 9 && c <= 13)) bits |= kSpace;
  if (upper) bits |= kUpper;
  if (lower || upper || digit) bits |= kAlnum;
  if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHex;
  if (c == 0) bits |= kNul;
  return static_cast<uint16_t>(bits);
}

constexpr std::array<uint16_t, 256> make_classes() {
  std::array<uint16_t, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<size_t>(c)] = c < 128 ? bits_of(c) : uint16_t{0};
  return table;
}
inline constexpr std::array<uint16_t, 256> kClasses = make_classes();

// Mask of the class letter (as %a), 0 for characters that stand for themselves (as %.).
constexpr uint16_t mask_of(char letter) {
  switch (letter | 0x20) {
    case 'a': return kAlpha;
    case 'c': return kCntrl;
    case 'd': return kDigit;
    case 'g': return kGraph;
    case 'l': return kLower;
    case 'p': return kPunct;
    case 's': return kSpace;
    case 'u': return kUpper;
    case 'w': return kAlnum;
    case 'x': return kHex;
    case 'z': return kNul;  // as in 5.1, kept by the stock library
    default: return 0;
  }
}

constexpr std::array<uint16_t, 256> make_masks() {
  std::array<uint16_t, 256> table{};
  for (int c = 'A'; c <= 'z'; ++c) {
    if (c <= 'Z' || c >= 'a') table[static_cast<size_t>(c)] = mask_of(static_cast<char>(c));
  }
  return table;
}
inline constexpr std::array<uint16_t, 256> kMasks = make_masks();

// Characters that may mean something other than themselves in a pattern.
constexpr std::array<bool, 256> make_magic() {
  std::array<bool, 256> table{};
  for (const char c : {'^', '$', '(', ')', '%', '.', '[', ']', '*', '+', '-', '?', '\0'})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kMagic = make_magic();

inline unsigned char byte_at(const char* p) noexcept { return static_cast<unsigned char>(*p); }

inline bool in_class(unsigned char c, unsigned char letter) noexcept {
  const uint16_t mask = kMasks[letter];
  if (mask == 0) return c == letter;
  return ((kClasses[c] & mask) != 0) == ((kClasses[letter] & kLower) != 0);
}

// `set` is at '[', `close` at the matching ']'.
inline bool in_set(unsigned char c, const char* set, const char* close) noexcept {
  const char* p = set + 1;
  const bool wanted = *p != '^';
  if (!wanted) ++p;
  for (; p < close; ++p) {
    if (*p == '%') {
      ++p;
      if (in_class(c, byte_at(p))) return wanted;
    } else if (p[1] == '-' && p + 2 < close) {
      if (byte_at(p) <= c && c <= byte_at(p + 2)) return wanted;
      p += 2;
    } else if (byte_at(p) == c) {
      return wanted;
    }
  }
  return !wanted;
}

inline bool matches(unsigned char c, const char* item, const char* end) noexcept {
  switch (*item) {
    case '.': return true;
    case '%': return in_class(c, byte_at(item + 1));
    case '[': return in_set(c, item, end - 1);
    default: return byte_at(item) == c;
  }
}

// First position in [s, limit) that the item does not match.
inline const char* end_of_run(const char* item, const char* end, const char* s, const char* limit) noexcept {
  switch (*item) {
    case '.': return limit;
    case '%':
      while (s < limit && in_class(byte_at(s), byte_at(item + 1))) ++s;
      return s;
    case '[':
      while (s < limit && in_set(byte_at(s), item, end - 1)) ++s;
      return s;
    default:
      while (s < limit && *s == *item) ++s;
      return s;
  }
}

}  // namespace wippy::lua
