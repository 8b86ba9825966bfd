// Lua values <-> JSON text (spec/process.md §6.6), by RapidJSON's writer and reader: both stream, so that no tree is built
// outside the Lua heap.
//
// Limits: texts of 16 MiB in both directions, 128 levels for encoding, 10,000 for decoding. One call runs to its end without
// giving up the worker: a tenth of a second or two for the largest texts; decoding looks every few thousand values whether
// its process was killed. Outside the Lua heap, until the call returns: encoding holds the text up to twice, decoding the text's
// values as a flat list of at most three times the text. The values themselves are made in the Lua heap, under its limit.
//
// Keys are written in byte order, so that equal tables give equal texts. What tables become: lua/lib_json.cpp.
#pragma once

#include <cstddef>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "memory/status.hpp"

namespace wippy::lua {

inline constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;
inline constexpr int kMaxJsonDepth = 128;
inline constexpr std::size_t kMaxJsonTextDepth = 10'000;

// Why a text or value was refused.
struct JsonFault {
  ErrorKind kind = ErrorKind::kOk;
  char message[192] = "";
  bool ok() const noexcept { return kind == ErrorKind::kOk; }
  // Keeps the first one; printf's format. Always false.
  bool set(ErrorKind k, const char* format, ...) noexcept __attribute__((format(printf, 3, 4)));
};

// Pushes the JSON text of the value at the absolute `index`; false (nothing pushed): it has none. Runs no Lua code.
// [-0, +(0|1), m]
bool push_json(lua_State* L, int index, JsonFault& fault);
// Pushes the value that `text` stands for; false (nothing pushed): it is not JSON. `text` stays the caller's. [-0, +(0|1), m]
bool push_json_value(lua_State* L, std::string_view text, JsonFault& fault);

// Pushes nil and the error of a fault: "<function>: <message>". Returns 2. [-0, +2, m]
int return_json_fault(lua_State* L, const char* function, const JsonFault& fault);

}  // namespace wippy::lua
