// Calendar arithmetic on the proleptic Gregorian calendar, without zones: seconds on a wall clock <-> date and time of day.
// "Wall seconds" count from 1970-01-01 00:00:00 on that clock, without leap seconds. Pure functions, any thread.
#pragma once

#include <cstdint>

namespace wippy::lua {

inline constexpr int64_t kDaySeconds = 86'400;
// The zero time of scripts, 0001-01-01 00:00:00, in wall seconds.
inline constexpr int64_t kYearOne = -62'135'596'800;

struct Civil {
  int64_t year;
  int month;     // 1…12
  int day;       // 1…31
  int hour;      // 0…23
  int minute;    // 0…59
  int second;    // 0…59
  int weekday;   // Sunday 0 … Saturday 6
  int year_day;  // 1…366
};

// Every int64 is a valid instant; years reach ±292 thousand million.
Civil civil_of(int64_t wall_s) noexcept;

// Parts of any size and sign: month 13 is January of the next year, day 0 the last of the month before.
struct DateParts {
  int64_t year;
  int64_t month;
  int64_t day;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t nanos = 0;
};
// Normalises; nanos becomes 0…999,999,999. False: the seconds do not fit into 64 bits.
bool wall_seconds_of(const DateParts& parts, int64_t& wall_s, uint32_t& nanos) noexcept;

bool is_leap_year(int64_t year) noexcept;
int days_in_month(int month, int64_t year) noexcept;  // month: 1…12

// a + b within 64 bits.
inline int64_t add_saturated(int64_t a, int64_t b) noexcept {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

// Rounded down, and what is left (0 … b - 1); b > 0.
template <class Integer>
constexpr Integer floor_div(Integer a, Integer b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);
}
template <class Integer>
constexpr Integer floor_mod(Integer a, Integer b) noexcept {
  const Integer rest = a % b;
  return rest < 0 ? rest + b : rest;
}

}  // namespace wippy::lua
