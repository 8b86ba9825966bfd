// Typed Lua becomes plain Lua of the same lines and columns: annotations, casts and type declarations turn into blanks
// (docs/typed-lua.md). Types are not checked. Text in, text out: no Lua state, no I/O, nothing global, any thread.
//
// Output: as long as the input, except that a line with a type declaration that is also read as a value may grow (reified:
// `local T=_T<number>;`). Newlines stay where they are. Erasing erased text changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lua/typed/types.hpp"

namespace wippy::lua::typed {

constexpr int kMaxNesting = 200;  // like Lua's own limit

struct Erased {
  std::string text;
  std::unique_ptr<Types> types;  // null: no type declaration is read as a value
  uint32_t first_form_line = 0;  // of the first typed form; 0: there is none, and `text` is the input
};

enum class Tag : uint8_t { kPlain, kTyped };

struct EraseError {
  uint32_t line = 0;    // one-based, of the input
  uint32_t column = 0;  // one-based, in bytes
  Tag tag = Tag::kPlain;
  std::string message;           // "type expected near '='"
  uint32_t first_form_line = 0;  // of the typed form before the error; 0: none
};

// False: `error` is filled in, `out` is of no use. No exceptions: no memory is an error too.
bool erase(std::string_view source, Erased& out, EraseError& error) noexcept;

// A comment line --!typed or --!plain in the first three lines.
enum class Marker : uint8_t { kNone, kTyped, kPlain };
Marker marker_of(std::string_view source) noexcept;

// Bytes before the program: a byte order mark, and a first line that begins with '#', without its newline.
std::size_t preamble_bytes(std::string_view source) noexcept;

}  // namespace wippy::lua::typed
