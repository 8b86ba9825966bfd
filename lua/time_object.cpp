#include "lua/time_object.hpp"

#include <climits>
#include <cstdio>
#include <ctime>

#include "lua/error_object.hpp"
#include "lua/state.hpp"
#include "scheduler/clock.hpp"

namespace wippy::lua {

namespace {

struct Date {
  int64_t year;
  int month;
  int day;
};

// The proleptic Gregorian date of a day counted from 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
// civil_from_days): years begin in March, so that the leap day is the last, and 400 years have a fixed length.
Date date_of(int64_t day) noexcept {
  constexpr int64_t kDaysOf400Years = 146'097;
  const int64_t shifted = day + 719'468;  // days since 0000-03-01
  const int64_t era = (shifted >= 0 ? shifted : shifted - (kDaysOf400Years - 1)) / kDaysOf400Years;
  const int64_t in_era = shifted - era * kDaysOf400Years;
  const int64_t year = (in_era - in_era / 1'460 + in_era / 36'524 - in_era / 146'096) / 365;
  const int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * in_year + 2) / 153;  // 0: March
  Date d;
  d.day = static_cast<int>(in_year - (153 * month + 2) / 5 + 1);
  d.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  d.year = era * 400 + year + (d.month <= 2 ? 1 : 0);
  return d;
}

}  // namespace

int32_t local_offset_s(int64_t unix_s) noexcept {
  const auto t = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  if (localtime_r(&t, &parts) == nullptr) return 0;
  return static_cast<int32_t>(parts.tm_gmtoff);
}

TimeValue time_now() noexcept {
  const uint64_t ns = wall_ns();
  TimeValue t;
  t.unix_s = static_cast<int64_t>(ns / 1'000'000'000u);
  t.nanos = static_cast<uint32_t>(ns % 1'000'000'000u);
  t.zone_offset_s = local_offset_s(t.unix_s);
  return t;
}

std::size_t format_rfc3339(const TimeValue& t, bool fraction, char* out) noexcept {
  int64_t local = 0;
  if (__builtin_add_overflow(t.unix_s, t.zone_offset_s, &local)) local = t.unix_s;
  int64_t day = local / 86'400;
  int64_t second = local % 86'400;
  if (second < 0) {
    second += 86'400;
    --day;
  }
  const Date d = date_of(day);
  int n = std::snprintf(out, kTimeTextBytes, "%04lld-%02d-%02dT%02d:%02d:%02d", static_cast<long long>(d.year), d.month,
                        d.day, static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                        static_cast<int>(second % 60));
  const auto at = [&] { return kTimeTextBytes - static_cast<std::size_t>(n); };
  if (fraction) n += std::snprintf(out + n, at(), ".%09u", t.nanos);
  const int32_t minutes = t.zone_offset_s / 60;
  if (minutes == 0) {
    n += std::snprintf(out + n, at(), "Z");
  } else {
    const int32_t size = minutes < 0 ? -minutes : minutes;
    n += std::snprintf(out + n, at(), "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
  }
  return static_cast<std::size_t>(n);
}

// --- methods

namespace {

const TimeObject& check_time(lua_State* L, int index) { return check_user_as<TimeObject>(L, index, kTimeType); }

// Before, equal, after: -1, 0, 1.
int order(const TimeValue& a, const TimeValue& b) noexcept {
  if (a.unix_s != b.unix_s) return a.unix_s < b.unix_s ? -1 : 1;
  return a.nanos == b.nanos ? 0 : (a.nanos < b.nanos ? -1 : 1);
}

int64_t saturate(__int128_t ns) noexcept {
  if (ns > INT64_MAX) return INT64_MAX;
  return ns < INT64_MIN ? INT64_MIN : static_cast<int64_t>(ns);
}

int time_sub(lua_State* L) {
  const TimeObject& a = check_time(L, 1);
  const TimeObject& b = check_time(L, 2);
  if (a.monotonic_ns != 0 && b.monotonic_ns != 0) {
    push_duration(L, static_cast<int64_t>(a.monotonic_ns - b.monotonic_ns));
    return 1;
  }
  const __int128_t seconds = static_cast<__int128_t>(a.value.unix_s) - b.value.unix_s;
  push_duration(
      L, saturate(seconds * kSecondNs + static_cast<int64_t>(a.value.nanos) - static_cast<int64_t>(b.value.nanos)));
  return 1;
}

int time_add(lua_State* L) {
  const TimeObject& t = check_time(L, 1);
  int64_t ns = 0;
  if (to_duration(L, 2, 1, ns) != DurationArgument::kOk) return luaL_argerror(L, 2, "invalid duration");
  TimeObject sum = t;
  int64_t seconds = ns / kSecondNs;
  int64_t nanos = static_cast<int64_t>(t.value.nanos) + ns % kSecondNs;
  if (nanos < 0) {
    nanos += kSecondNs;
    --seconds;
  } else if (nanos >= kSecondNs) {
    nanos -= kSecondNs;
    ++seconds;
  }
  if (__builtin_add_overflow(t.value.unix_s, seconds, &sum.value.unix_s))
    return luaL_argerror(L, 2, "time out of range");
  sum.value.nanos = static_cast<uint32_t>(nanos);
  if (t.monotonic_ns != 0) sum.monotonic_ns = t.monotonic_ns + static_cast<uint64_t>(ns);
  *static_cast<TimeObject*>(new_user(L, kTimeType, sizeof(TimeObject), 0)) = sum;
  return 1;
}

template <int wanted>
int time_compare(lua_State* L) {
  lua_pushboolean(L, order(check_time(L, 1).value, check_time(L, 2).value) == wanted);
  return 1;
}

int time_not_after(lua_State* L) {
  lua_pushboolean(L, order(check_time(L, 1).value, check_time(L, 2).value) <= 0);
  return 1;
}

int time_unix(lua_State* L) {
  lua_pushinteger(L, check_time(L, 1).value.unix_s);
  return 1;
}

int time_unix_nano(lua_State* L) {
  const TimeValue& t = check_time(L, 1).value;
  lua_pushinteger(L, saturate(static_cast<__int128_t>(t.unix_s) * kSecondNs + t.nanos));
  return 1;
}

int time_nanosecond(lua_State* L) {
  lua_pushinteger(L, check_time(L, 1).value.nanos);
  return 1;
}

int time_utc(lua_State* L) {
  TimeObject t = check_time(L, 1);
  t.value.zone_offset_s = 0;
  *static_cast<TimeObject*>(new_user(L, kTimeType, sizeof(TimeObject), 0)) = t;
  return 1;
}

template <bool fraction>
int time_rfc3339(lua_State* L) {
  char text[kTimeTextBytes];
  const std::size_t length = format_rfc3339(check_time(L, 1).value, fraction, text);
  lua_pushlstring(L, text, length);
  return 1;
}

constexpr LibraryEntry kMethods[] = {
    {"add", time_add},
    {"sub", time_sub},
    {"before", time_compare<-1>},
    {"after", time_compare<1>},
    {"equal", time_compare<0>},
    {"unix", time_unix},
    {"unix_nano", time_unix_nano},
    {"nanosecond", time_nanosecond},
    {"utc", time_utc},
    {"format_rfc3339", time_rfc3339<false>},
    {nullptr, nullptr},
};

void fill_time(lua_State* L) {
  push_lazy_table(L, kMethods);
  lua_setfield(L, -2, "__index");
  set_function(L, "__tostring", time_rfc3339<true>);
  set_function(L, "__concat", concat_texts);
  set_function(L, "__eq", time_compare<0>);
  set_function(L, "__lt", time_compare<-1>);
  set_function(L, "__le", time_not_after);
}

}  // namespace

const UserType kTimeType = {"time", fill_time};

void push_time(lua_State* L, const TimeValue& value) {
  auto* t = static_cast<TimeObject*>(new_user(L, kTimeType, sizeof(TimeObject), 0));
  *t = TimeObject{value, 0};
}

void push_now(lua_State* L) {
  auto* t = static_cast<TimeObject*>(new_user(L, kTimeType, sizeof(TimeObject), 0));
  *t = TimeObject{time_now(), monotonic_ns()};
}

}  // namespace wippy::lua
