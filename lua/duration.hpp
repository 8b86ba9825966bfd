// Durations: text form (spec/process.md §4.1, Go's grammar), objects, and the duration arguments of host functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lua5.4/lua.hpp>

#include "lua/user_type.hpp"

namespace wippy::lua {

// Nanoseconds. False: not a duration, or out of 64 bits.
bool parse_duration(std::string_view text, int64_t& ns) noexcept;
inline constexpr std::size_t kDurationTextBytes = 40;
// "1h30m45s", "1.5s", "250ms", "0s". Returns the length.
std::size_t format_duration(int64_t ns, char* out) noexcept;

struct DurationObject {
  int64_t ns;
};
extern const UserType kDurationType;
void push_duration(lua_State* L, int64_t ns);  // [-0, +1, m]

enum class [[nodiscard]] DurationArgument : uint8_t{kOk, kBadText, kBadNumber, kBadType};
// The duration at `index`: an object, a text, or a number of `unit_ns` nanoseconds. [-0, +0, -]
DurationArgument to_duration(lua_State* L, int index, int64_t unit_ns, int64_t& ns) noexcept;

inline constexpr int64_t kSecondNs = 1'000'000'000;

}  // namespace wippy::lua
