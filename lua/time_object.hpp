// Time objects (spec/process.md §4.3): an instant, and the zone it is shown in.
#pragma once

#include <cstddef>
#include <cstdint>

#include <lua5.4/lua.hpp>

#include "lua/duration.hpp"
#include "lua/layout.hpp"
#include "lua/location.hpp"
#include "lua/state.hpp"
#include "lua/user_type.hpp"
#include "lua/zone.hpp"
#include "mailbox/values.hpp"

namespace wippy::lua {

// Nanoseconds of 64 bits would end in 2262; scripts begin in year 1.
struct Instant {
  int64_t unix_s = 0;
  uint32_t nanos = 0;  // 0…999,999,999, added to unix_s also before 1970
  // Of time.now() and the ticks of timers only, else 0: differences between two of them do not follow steps of the wall
  // clock. Gone as soon as an object is changed in any way but by add().
  uint64_t monotonic_ns = 0;
};
Instant instant_now() noexcept;
// Before, equal, after: -1, 0, 1. Two readings of the clock are compared by what cannot go backwards, as in sub().
int order(const Instant& a, const Instant& b) noexcept;

// Lies in a userdata. A zone that is neither UTC nor Local is its only user value, a Location.
struct TimeObject {
  Instant instant;
  Zone::Kind zone;
};
extern const UserType kTimeType;
extern const LibraryEntry kTimeMethods[];  // lua/time_methods.cpp

// A time in UTC or the local zone. [-0, +1, m]
void push_time(lua_State* L, const Instant& instant, Zone::Kind utc_or_local);
// A time in the zone of the Location at `location`. [-0, +1, m]
void push_time_at(lua_State* L, const Instant& instant, int location);
// A time with the same zone as the one at `like`. [-0, +1, m]
void push_time_like(lua_State* L, const Instant& instant, int like);
// Any zone; a Location is made if it needs one. [-0, +1, m]
void push_time_in(lua_State* L, const Instant& instant, const Zone& zone);

// Raises "time expected". [-0, +0, v]
const TimeObject& check_time(lua_State* L, int index);
// The zone of the time object at `index`; its name lives as long as that object. [-0, +0, -]; needs three free slots
Zone zone_of_time(lua_State* L, int index, const TimeObject& time) noexcept;

// Between processes a time keeps its instant and its offset: 0 becomes UTC, the offset of the local zone at that instant the
// local zone, any other a zone without a name.
TimeValue value_of_time(lua_State* L, int index,
                        const TimeObject& time) noexcept;    // [-0, +0, -]; needs three free slots
void push_time_value(lua_State* L, const TimeValue& value);  // [-0, +1, m]

inline constexpr std::size_t kTimeTextBytes = 64;
// `out` has kTimeTextBytes, which RFC 3339 never fills. Returns the length.
std::size_t format_time(std::string_view layout, const ShownTime& shown, char* out) noexcept;
// RFC 3339 with nine digits of a second. Returns the length.
std::size_t format_rfc3339_nano(const TimeValue& t, char* out) noexcept;

}  // namespace wippy::lua
