// The time module (spec/process.md §4): waiting, durations, the present, and the list of all its fields.
#include "lua/library.hpp"

#include "lua/error_object.hpp"
#include "lua/layout.hpp"
#include "lua/lib_time.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "lua/time_object.hpp"
#include "lua/timers.hpp"

namespace wippy::lua {

namespace {

// Pushes nil and the error. [-0, +2, m]
int return_bad_duration(lua_State* L, const char* function, DurationArgument why) {
  if (why == DurationArgument::kBadText) {
    return return_errorf(L, ErrorKind::kInvalid, "%s: invalid duration format: %s", function, lua_tostring(L, 1));
  }
  return return_errorf(L, ErrorKind::kInvalid, "%s: duration must be a text, a number of nanoseconds or a duration",
                       function);
}

int sleep_done(lua_State*, int, lua_KContext) { return 0; }

// time.sleep(d) [-1, +0, v]
int time_sleep(lua_State* L) {
  int64_t ns = 0;
  if (const DurationArgument a = to_duration(L, 1, 1, ns); a != DurationArgument::kOk) {
    return return_bad_duration(L, "time.sleep", a);
  }
  check_may_block(L);
  if (ns <= 0) return give_turn(L, 0, sleep_done);
  const WakeRef me = prepare_block(L);
  if (!wake_on_timer(L, me, static_cast<uint64_t>(ns))) return luaL_error(L, "not enough memory for a timer");
  return block(L, WaitReason::kSleep, 0, sleep_done);
}

// The duration at 1, which must be positive; false: nil and the error are pushed.
bool positive_duration(lua_State* L, const char* function, int64_t& ns) {
  const DurationArgument a = to_duration(L, 1, 1, ns);
  if (a != DurationArgument::kOk) {
    return_bad_duration(L, function, a);
    return false;
  }
  if (ns > 0) return true;
  return_errorf(L, ErrorKind::kInvalid, "%s: duration must be > 0", function);
  return false;
}

int time_after(lua_State* L) {
  int64_t ns = 0;
  if (!positive_duration(L, "time.after", ns)) return 2;
  push_after(L, ns);
  return 1;
}

int time_timer(lua_State* L) {
  int64_t ns = 0;
  if (!positive_duration(L, "time.timer", ns)) return 2;
  push_timer(L, ns, false);
  return 1;
}

int time_ticker(lua_State* L) {
  int64_t ns = 0;
  if (!positive_duration(L, "time.ticker", ns)) return 2;
  push_timer(L, ns, true);
  return 1;
}

int time_now(lua_State* L) {
  push_time(L, instant_now(), Zone::Kind::kLocal);
  return 1;
}

int time_parse_duration(lua_State* L) {
  int64_t ns = 0;
  if (const DurationArgument a = to_duration(L, 1, 1, ns); a != DurationArgument::kOk) {
    return return_bad_duration(L, "time.parse_duration", a);
  }
  push_duration(L, ns);
  return 1;
}

// time.seconds(n) and its like [-1, +1, v]
template <int64_t unit>
int time_units(lua_State* L) {
  luaL_checknumber(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING) {
    lua_pushnumber(L, lua_tonumber(L, 1));
    lua_replace(L, 1);
  }
  int64_t ns = 0;
  luaL_argcheck(L, to_duration(L, 1, unit, ns) == DurationArgument::kOk, 1, "duration out of range");
  push_duration(L, ns);
  return 1;
}

}  // namespace

constexpr LibraryEntry kTimeLibrary[] = {
    {"sleep", time_sleep},
    {"after", time_after},
    {"timer", time_timer},
    {"ticker", time_ticker},
    {"now", time_now},
    {"date", time_date},
    {"unix", time_unix},
    {"parse", time_parse},
    {"load_location", time_load_location},
    {"fixed_zone", time_fixed_zone},
    {"utc", time_utc, true},
    {"localtz", time_localtz, true},
    {"parse_duration", time_parse_duration},
    {"milliseconds", time_units<1'000'000>},
    {"seconds", time_units<kSecondNs>},
    {"minutes", time_units<60 * kSecondNs>},
    {"hours", time_units<3600 * kSecondNs>},
    {"NANOSECOND", nullptr, false, 1},
    {"MICROSECOND", nullptr, false, 1'000},
    {"MILLISECOND", nullptr, false, 1'000'000},
    {"SECOND", nullptr, false, kSecondNs},
    {"MINUTE", nullptr, false, 60 * kSecondNs},
    {"HOUR", nullptr, false, 3600 * kSecondNs},
    {"JANUARY", nullptr, false, 1},
    {"FEBRUARY", nullptr, false, 2},
    {"MARCH", nullptr, false, 3},
    {"APRIL", nullptr, false, 4},
    {"MAY", nullptr, false, 5},
    {"JUNE", nullptr, false, 6},
    {"JULY", nullptr, false, 7},
    {"AUGUST", nullptr, false, 8},
    {"SEPTEMBER", nullptr, false, 9},
    {"OCTOBER", nullptr, false, 10},
    {"NOVEMBER", nullptr, false, 11},
    {"DECEMBER", nullptr, false, 12},
    {"SUNDAY", nullptr, false, 0},
    {"MONDAY", nullptr, false, 1},
    {"TUESDAY", nullptr, false, 2},
    {"WEDNESDAY", nullptr, false, 3},
    {"THURSDAY", nullptr, false, 4},
    {"FRIDAY", nullptr, false, 5},
    {"SATURDAY", nullptr, false, 6},
    {"RFC3339", nullptr, false, 0, kRfc3339},
    {"RFC3339NANO", nullptr, false, 0, "2006-01-02T15:04:05.999999999Z07:00"},
    {"RFC822", nullptr, false, 0, "02 Jan 06 15:04 MST"},
    {"RFC822Z", nullptr, false, 0, "02 Jan 06 15:04 -0700"},
    {"RFC850", nullptr, false, 0, "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", nullptr, false, 0, "Mon, 02 Jan 2006 15:04:05 MST"},
    {"RFC1123Z", nullptr, false, 0, "Mon, 02 Jan 2006 15:04:05 -0700"},
    {"KITCHEN", nullptr, false, 0, "3:04PM"},
    {"STAMP", nullptr, false, 0, "Jan _2 15:04:05"},
    {"STAMP_MILLI", nullptr, false, 0, "Jan _2 15:04:05.000"},
    {"STAMP_MICRO", nullptr, false, 0, "Jan _2 15:04:05.000000"},
    {"STAMP_NANO", nullptr, false, 0, "Jan _2 15:04:05.000000000"},
    {"DATE_TIME", nullptr, false, 0, "2006-01-02 15:04:05"},
    {"DATE_ONLY", nullptr, false, 0, "2006-01-02"},
    {"TIME_ONLY", nullptr, false, 0, "15:04:05"},
    {nullptr, nullptr},
};

}  // namespace wippy::lua
