// What scripts may ask a time object (spec/process.md §4.3).
#include "lua/error_object.hpp"
#include "lua/layout.hpp"
#include "lua/time_object.hpp"

namespace wippy::lua {

namespace {

using Wide = __int128_t;

constexpr int64_t saturate(Wide ns) noexcept {
  if (ns > INT64_MAX) return INT64_MAX;
  return ns < INT64_MIN ? INT64_MIN : static_cast<int64_t>(ns);
}

Wide nanos_between(const Instant& from, const Instant& to) noexcept {
  const Wide seconds = static_cast<Wide>(to.unix_s) - from.unix_s;
  return seconds * kSecondNs + to.nanos - from.nanos;
}

// --- arithmetic

// False: out of 64 bits of seconds. The reading of the monotonic clock moves along while it can.
bool add_nanos(Instant& t, int64_t ns) noexcept {
  const int64_t nanos = int64_t{t.nanos} + floor_mod(ns, kSecondNs);
  const int64_t seconds = floor_div(ns, kSecondNs) + nanos / kSecondNs;
  if (__builtin_add_overflow(t.unix_s, seconds, &t.unix_s)) return false;
  t.nanos = static_cast<uint32_t>(nanos % kSecondNs);
  int64_t monotonic = 0;
  const bool moved = t.monotonic_ns != 0 &&
                     !__builtin_add_overflow(static_cast<int64_t>(t.monotonic_ns), ns, &monotonic) && monotonic > 0;
  t.monotonic_ns = moved ? static_cast<uint64_t>(monotonic) : 0;
  return true;
}

int time_add(lua_State* L) {
  Instant sum = check_time(L, 1).instant;
  int64_t ns = 0;
  if (to_duration(L, 2, 1, ns) != DurationArgument::kOk) return luaL_argerror(L, 2, "invalid duration");
  if (!add_nanos(sum, ns)) return luaL_argerror(L, 2, "time out of range");
  push_time_like(L, sum, 1);
  return 1;
}

int time_sub(lua_State* L) {
  const Instant& a = check_time(L, 1).instant;
  const Instant& b = check_time(L, 2).instant;
  if (a.monotonic_ns != 0 && b.monotonic_ns != 0) {
    push_duration(L, static_cast<int64_t>(a.monotonic_ns - b.monotonic_ns));
  } else {
    push_duration(L, saturate(nanos_between(b, a)));
  }
  return 1;
}

// On the calendar of the time's own zone, keeping the time of day. [-4, +1, v]
int time_add_date(lua_State* L) {
  const TimeObject& t = check_time(L, 1);
  const int64_t years = luaL_checkinteger(L, 2);
  const int64_t months = luaL_checkinteger(L, 3);
  const int64_t days = luaL_checkinteger(L, 4);
  const Zone zone = zone_of_time(L, 1, t);
  const Civil c = civil_of(zone.wall_s(t.instant.unix_s));
  DateParts p{c.year, c.month, c.day, c.hour, c.minute, c.second, t.instant.nanos};
  Instant sum;
  int64_t wall = 0;
  const bool fits = !__builtin_add_overflow(p.year, years, &p.year) &&
                    !__builtin_add_overflow(p.month, months, &p.month) &&
                    !__builtin_add_overflow(p.day, days, &p.day) && wall_seconds_of(p, wall, sum.nanos);
  if (!fits) return luaL_error(L, "time out of range");
  sum.unix_s = zone.unix_s(wall);
  push_time_like(L, sum, 1);
  return 1;
}

// Multiples are counted from year 1; a duration of 0 or less changes nothing but the clock reading. [-2, +1, v]
template <bool to_nearest>
int time_to_multiple(lua_State* L) {
  Instant t = check_time(L, 1).instant;
  const int64_t step = check_user_as<DurationObject>(L, 2, kDurationType).ns;
  t.monotonic_ns = 0;
  if (step > 0) {
    const auto above = static_cast<int64_t>(floor_mod<Wide>(nanos_between(Instant{kYearOne, 0, 0}, t), step));
    const bool up = to_nearest && above >= step - above;
    if (!add_nanos(t, up ? step - above : -above)) return luaL_argerror(L, 2, "time out of range");
  }
  push_time_like(L, t, 1);
  return 1;
}

// --- questions

template <int wanted>
int time_order(lua_State* L) {
  lua_pushboolean(L, order(check_time(L, 1).instant, check_time(L, 2).instant) == wanted);
  return 1;
}

int time_unix(lua_State* L) {
  lua_pushinteger(L, check_time(L, 1).instant.unix_s);
  return 1;
}

int time_unix_nano(lua_State* L) {
  lua_pushinteger(L, saturate(nanos_between(Instant{}, check_time(L, 1).instant)));
  return 1;
}

int time_nanosecond(lua_State* L) {
  lua_pushinteger(L, check_time(L, 1).instant.nanos);
  return 1;
}

int time_is_zero(lua_State* L) {
  const Instant& t = check_time(L, 1).instant;
  lua_pushboolean(L, t.unix_s == kYearOne && t.nanos == 0);
  return 1;
}

// What the clock shows in the time's zone. [-0, +0, v]
Civil civil_at_self(lua_State* L) {
  const TimeObject& t = check_time(L, 1);
  return civil_of(zone_of_time(L, 1, t).wall_s(t.instant.unix_s));
}

// The fields of the calendar that are named, in this order. [-1, +n, v]
template <auto... part>
int time_parts(lua_State* L) {
  const Civil c = civil_at_self(L);
  (lua_pushinteger(L, c.*part), ...);
  return sizeof...(part);
}

// --- zones

template <Zone::Kind kind>
int time_in_standard(lua_State* L) {
  Instant t = check_time(L, 1).instant;
  t.monotonic_ns = 0;
  push_time(L, t, kind);
  return 1;
}

int time_in_location(lua_State* L) {
  Instant t = check_time(L, 1).instant;
  check_user(L, 2, kLocationType);
  t.monotonic_ns = 0;
  push_time_at(L, t, 2);
  return 1;
}

int time_location(lua_State* L) {
  const TimeObject& t = check_time(L, 1);
  if (lua_getiuservalue(L, 1, 1) == LUA_TUSERDATA) return 1;
  push_standard_location(L, zone_of_time(L, 1, t));
  return 1;
}

// --- text

// [-1, +1, v]: the time at 1
int push_formatted(lua_State* L, std::string_view layout) {
  const TimeObject& t = check_time(L, 1);
  const ShownTime shown = show_time(t.instant.unix_s, t.instant.nanos, zone_of_time(L, 1, t));
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  format_layout(layout, shown, [&](std::string_view piece) { luaL_addlstring(&out, piece.data(), piece.size()); });
  luaL_pushresult(&out);
  return 1;
}

int time_format(lua_State* L) {
  check_time(L, 1);
  std::size_t length = 0;
  const char* layout = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, length <= kMaxLayoutBytes, 2, "layout too long");
  return push_formatted(L, {layout, length});
}

int time_rfc3339(lua_State* L) { return push_formatted(L, kRfc3339); }

}  // namespace

constexpr LibraryEntry kTimeMethods[] = {
    {"add", time_add},
    {"sub", time_sub},
    {"add_date", time_add_date},
    {"before", time_order<-1>},
    {"after", time_order<1>},
    {"equal", time_order<0>},
    {"format", time_format},
    {"format_rfc3339", time_rfc3339},
    {"unix", time_unix},
    {"unix_nano", time_unix_nano},
    {"date", time_parts<&Civil::year, &Civil::month, &Civil::day>},
    {"clock", time_parts<&Civil::hour, &Civil::minute, &Civil::second>},
    {"year", time_parts<&Civil::year>},
    {"month", time_parts<&Civil::month>},
    {"day", time_parts<&Civil::day>},
    {"hour", time_parts<&Civil::hour>},
    {"minute", time_parts<&Civil::minute>},
    {"second", time_parts<&Civil::second>},
    {"nanosecond", time_nanosecond},
    {"weekday", time_parts<&Civil::weekday>},
    {"year_day", time_parts<&Civil::year_day>},
    {"is_zero", time_is_zero},
    {"utc", time_in_standard<Zone::Kind::kUtc>},
    {"in_local", time_in_standard<Zone::Kind::kLocal>},
    {"in_location", time_in_location},
    {"location", time_location},
    {"round", time_to_multiple<true>},
    {"truncate", time_to_multiple<false>},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
