// Duration texts: round trip, and every split of the grammar.
#include <climits>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lua/duration.hpp"

namespace wippy::lua::test {
namespace {

std::string shown(int64_t ns) {
  char text[kDurationTextBytes];
  return {text, format_duration(ns, text)};
}

TEST(DurationText, RoundTrip) {
  const auto back = [](int64_t ns) {
    int64_t got = 0;
    return parse_duration(shown(ns), got) && got == ns;
  };
  for (const int64_t ns : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_TRUE(back(ns)) << shown(ns);
  }
  EXPECT_TRUE(rc::check([&] {
    const auto digits = *rc::gen::inRange(0, 64);
    const int64_t ns = *rc::gen::arbitrary<int64_t>() >> digits;
    RC_ASSERT(back(ns));
  }));
}

TEST(DurationText, SumOfItsTerms) {
  static const struct {
    const char* unit;
    int64_t ns;
  } units[] = {{"ns", 1},         {"us", 1'000},        {"\xC2\xB5s", 1'000},  {"\xCE\xBCs", 1'000},
               {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  EXPECT_TRUE(rc::check([] {
    std::string text = *rc::gen::element<std::string>("", "+", "-");
    const int64_t sign = text == "-" ? -1 : 1;
    int64_t want = 0;
    const int terms = *rc::gen::inRange(1, 6);
    for (int i = 0; i < terms; ++i) {
      const auto& u = units[*rc::gen::inRange<std::size_t>(0, sizeof units / sizeof units[0])];
      const auto whole = *rc::gen::inRange<int64_t>(0, 1000);
      text += std::to_string(whole);
      want += whole * u.ns;
      if (*rc::gen::arbitrary<bool>()) {
        const auto tenth = *rc::gen::inRange<int64_t>(0, 10);
        text += "." + std::to_string(tenth) + *rc::gen::element<std::string>("", "0", "00000000000000000000000");
        want += tenth * u.ns / 10;
      }
      text += u.unit;
    }
    int64_t got = 0;
    RC_ASSERT(parse_duration(text, got));
    RC_ASSERT(got == sign * want);
  }));
}

}  // namespace
}  // namespace wippy::lua::test
