// Time objects (spec/process.md §4.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/duration.hpp"
#include "lua/user_type.hpp"
#include "mailbox/values.hpp"

namespace wippy::lua {

struct TimeObject {
  TimeValue value;
  uint64_t monotonic_ns;  // of time.now() only, else 0: differences then do not follow steps of the wall clock
};
extern const UserType kTimeType;

void push_time(lua_State* L, const TimeValue& value);  // [-0, +1, m]
// The present in the local zone. [-0, +1, m]
void push_now(lua_State* L);
TimeValue time_now() noexcept;

// The local zone's offset at that instant.
int32_t local_offset_s(int64_t unix_s) noexcept;

inline constexpr std::size_t kTimeTextBytes = 64;
// RFC 3339; fraction: with nine digits. Returns the length.
std::size_t format_rfc3339(const TimeValue& t, bool fraction, char* out) noexcept;

}  // namespace wippy::lua
