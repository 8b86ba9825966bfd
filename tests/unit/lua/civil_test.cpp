// The calendar against the C library's, and normalisation against itself.
#include <climits>
#include <ctime>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lua/civil.hpp"

namespace wippy::lua::test {
namespace {

// Years of the C library are 32 bits wide.
int64_t wall_of_any_size() {
  const auto narrow = *rc::gen::inRange<int64_t>(-200'000'000'000, 400'000'000'000);
  const auto wide = *rc::gen::inRange<int64_t>(-60'000'000'000'000'000, 60'000'000'000'000'000);
  return *rc::gen::element(narrow, wide);
}

TEST(Civil, AgreesWithTheCLibrary) {
  EXPECT_TRUE(rc::check([] {
    const int64_t wall = wall_of_any_size();
    const auto t = static_cast<std::time_t>(wall);
    std::tm want{};
    RC_ASSERT(gmtime_r(&t, &want) != nullptr);
    const Civil c = civil_of(wall);
    RC_ASSERT(c.year == int64_t{want.tm_year} + 1900);
    RC_ASSERT(c.month == want.tm_mon + 1);
    RC_ASSERT(c.day == want.tm_mday);
    RC_ASSERT(c.hour == want.tm_hour);
    RC_ASSERT(c.minute == want.tm_min);
    RC_ASSERT(c.second == want.tm_sec);
    RC_ASSERT(c.weekday == want.tm_wday);
    RC_ASSERT(c.year_day == want.tm_yday + 1);
  }));
}

TEST(Civil, PartsLeadBack) {
  EXPECT_TRUE(rc::check([](int64_t wall) {
    const Civil c = civil_of(wall);
    RC_ASSERT(c.day >= 1 && c.day <= days_in_month(c.month, c.year));
    int64_t back = 0;
    uint32_t nanos = 0;
    RC_ASSERT(wall_seconds_of({c.year, c.month, c.day, c.hour, c.minute, c.second, 7}, back, nanos));
    RC_ASSERT(back == wall);
    RC_ASSERT(nanos == 7u);
  }));
}

TEST(Civil, EndsOfTheRange) {
  for (const int64_t wall : {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX}) {
    const Civil c = civil_of(wall);
    int64_t back = 0;
    uint32_t nanos = 0;
    EXPECT_TRUE(wall_seconds_of({c.year, c.month, c.day, c.hour, c.minute, c.second, 0}, back, nanos));
    EXPECT_EQ(back, wall);
    const int64_t beyond = wall < 0 ? -2 : 2;
    EXPECT_FALSE(wall_seconds_of({c.year, c.month, c.day, c.hour, c.minute, c.second + beyond, 0}, back, nanos));
  }
  int64_t wall = 0;
  uint32_t nanos = 0;
  EXPECT_FALSE(
      wall_seconds_of({INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}, wall, nanos));
  EXPECT_FALSE(
      wall_seconds_of({INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}, wall, nanos));
  EXPECT_TRUE(wall_seconds_of({1970, 1, 1, 0, 0, INT64_MAX, 0}, wall, nanos));
  EXPECT_EQ(wall, INT64_MAX);
}

// Too much of one part is the same as its carry into the next.
TEST(Civil, PartsOfAnySizeAreNormalised) {
  EXPECT_TRUE(rc::check([] {
    const auto part = [] { return *rc::gen::inRange<int64_t>(-100'000, 100'000); };
    const DateParts p{part(), part(), part(), part(), part(), part(), part() * 1'000'000'000 + part()};
    int64_t wall = 0;
    uint32_t nanos = 0;
    RC_ASSERT(wall_seconds_of(p, wall, nanos));
    int64_t first = 0;
    uint32_t none = 0;
    RC_ASSERT(wall_seconds_of(
        {p.year + floor_div<int64_t>(p.month - 1, 12), floor_mod<int64_t>(p.month - 1, 12) + 1, 1}, first, none));
    const int64_t seconds = floor_div<int64_t>(p.nanos, 1'000'000'000);
    RC_ASSERT(wall == first + (p.day - 1) * kDaySeconds + p.hour * 3600 + p.minute * 60 + p.second + seconds);
    RC_ASSERT(int64_t{nanos} == p.nanos - seconds * 1'000'000'000);
  }));
}

TEST(Civil, YearOne) {
  const Civil c = civil_of(kYearOne);
  EXPECT_EQ(c.year, 1);
  EXPECT_EQ(c.month, 1);
  EXPECT_EQ(c.day, 1);
  EXPECT_EQ(c.weekday, 1);  // a Monday
  EXPECT_EQ(c.year_day, 1);
}

}  // namespace
}  // namespace wippy::lua::test
