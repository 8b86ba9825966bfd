#include "lua/civil.hpp"

namespace wippy::lua {

namespace {

using Wide = __int128_t;  // years of 64 bits, counted in seconds

// The calendar repeats after 400 years. Days are counted here from a 1st of March, so that the leap day is the last of its
// year (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
constexpr int64_t kDaysOf400Years = 146'097;
constexpr int64_t kMarchOfYearZero = 719'468;  // days from 0000-03-01 to 1970-01-01

// Days of a year that begins in March before its month m (0: March).
constexpr int64_t days_before(int64_t march_month) noexcept { return (153 * march_month + 2) / 5; }

// month 1…12; day of any size.
Wide day_number(Wide year, int64_t month, Wide day) noexcept {
  const Wide y = month <= 2 ? year - 1 : year;
  const Wide era = floor_div<Wide>(y, 400);
  const auto of_era = static_cast<int64_t>(y - era * 400);
  const int64_t of_year = days_before(month > 2 ? month - 3 : month + 9);
  return era * kDaysOf400Years + of_era * 365 + of_era / 4 - of_era / 100 + of_year + (day - 1) - kMarchOfYearZero;
}

}  // namespace

bool is_leap_year(int64_t year) noexcept { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(int month, int64_t year) noexcept {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

Civil civil_of(int64_t wall_s) noexcept {
  const int64_t number = floor_div(wall_s, kDaySeconds);
  const auto of_day = static_cast<int>(floor_mod(wall_s, kDaySeconds));
  const int64_t shifted = number + kMarchOfYearZero;
  const int64_t era = floor_div(shifted, kDaysOf400Years);
  const int64_t of_era = shifted - era * kDaysOf400Years;
  const int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * of_year + 2) / 153;
  Civil c{};
  c.day = static_cast<int>(of_year - days_before(march_month) + 1);
  c.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  c.year = era * 400 + year_of_era + (c.month <= 2 ? 1 : 0);
  c.hour = of_day / 3600;
  c.minute = of_day / 60 % 60;
  c.second = of_day % 60;
  c.weekday = static_cast<int>(floor_mod<int64_t>(number + 4, 7));  // 1970-01-01 was a Thursday
  c.year_day = static_cast<int>(number - static_cast<int64_t>(day_number(c.year, 1, 1))) + 1;
  return c;
}

bool wall_seconds_of(const DateParts& p, int64_t& wall_s, uint32_t& nanos) noexcept {
  constexpr Wide kBillion = 1'000'000'000;
  const Wide months = static_cast<Wide>(p.month) - 1;
  const Wide year = p.year + floor_div<Wide>(months, 12);
  const auto month = static_cast<int64_t>(floor_mod<Wide>(months, 12)) + 1;
  Wide seconds = day_number(year, month, p.day) * kDaySeconds;
  seconds += static_cast<Wide>(p.hour) * 3600 + static_cast<Wide>(p.minute) * 60 + p.second;
  seconds += floor_div<Wide>(p.nanos, kBillion);
  nanos = static_cast<uint32_t>(floor_mod<Wide>(p.nanos, kBillion));
  wall_s = static_cast<int64_t>(seconds);
  return wall_s == seconds;
}

}  // namespace wippy::lua
