// Layouts: texts that must come out, texts that must be read or refused, and round trips.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lua/layout.hpp"

namespace wippy::lua::test {
namespace {

std::string format(const char* layout, int64_t unix_s, uint32_t nanos, const Zone& zone) {
  std::string out;
  format_layout(layout, show_time(unix_s, nanos, zone), [&](std::string_view piece) { out += piece; });
  return out;
}

int64_t wall(int64_t y, int64_t mo, int64_t d, int64_t h = 0, int64_t mi = 0, int64_t s = 0) {
  int64_t seconds = 0;
  uint32_t nanos = 0;
  EXPECT_TRUE(wall_seconds_of({y, mo, d, h, mi, s}, seconds, nanos));
  return seconds;
}

struct Shown {
  const char* layout;
  const char* text;
};

// 2009-02-04 21:00:57.0123456 at -08:00
TEST(Layout, EveryToken) {
  const Zone pst = Zone::fixed("PST", -8 * 3600);
  const int64_t t = wall(2009, 2, 4, 21, 0, 57) + 8 * 3600;
  for (const Shown& c : std::vector<Shown>{
           {"2006 6 06 _6 __6 ___6", "2009 6 09 _6 __6 ___6"},
           {"Jan January 1 01 _1", "Feb February 2 02 _2"},
           {"2 02 _2 __2 002", "4 04  4  35 035"},
           {"Mon Monday MON MONDAY mon", "Wed Wednesday MON MONDAY mon"},
           {"Janus Jan. Jan1 January Januarys Month Mon_", "Janus Feb. Feb2 February Februarys Month Wed_"},
           {"15 3 03 _3", "21 9 09 _9"},
           {"4 04 _4", "0 00 _0"},
           {"5 05 _5", "57 57 _57"},
           {"PM pm Pm pM", "PM pm Pm pM"},
           {"MST mst MS", "PST mst MS"},
           {"-07 -0700 -07:00 -070000 -07:00:00", "-08 -0800 -08:00 -080000 -08:00:00"},
           {"Z07 Z0700 Z07:00 Z070000 Z07:00:00", "-08 -0800 -08:00 -080000 -08:00:00"},
           {"Z -7 +07:00 Z7", "Z -7 +07:00 Z7"},
           {".0 .00 .000 .0000 .000000000 .000000000000", ".0 .01 .012 .0123 .012345600 .012345600"},
           {"x.9 x.99 x.999 x.999999999 x,999 x,000", "x x.01 x.012 x.0123456 x,012 x,012"},
           {".001 .9992 .5 .", ".002 .9994 .57 ."},
           {"_2006 _2_2006", "_2009  4_2009"},
           {"20060102150405", "20090204210057"},
           {"", ""},
           {"plain text, all bytes \xC3\xA9 \x01", "plain text, all bytes \xC3\xA9 \x01"},
       }) {
    EXPECT_EQ(format(c.layout, t, 12'345'600, pst), c.text) << c.layout;
  }
}

TEST(Layout, Zones) {
  const int64_t t = wall(2024, 1, 2, 3, 4, 5);
  struct Case {
    Zone zone;
    const char* text;
  };
  for (const Case& c : std::vector<Case>{
           {Zone::utc(), "Z Z +00:00 +0000 +00 UTC"},
           {Zone::fixed("", 5 * 3600 + 1800), "+05:30 +0530 +05:30 +0530 +05 +0530"},
           {Zone::fixed("", 0), "Z Z +00:00 +0000 +00 +0000"},
           {Zone::fixed("A B", -3600), "-01:00 -0100 -01:00 -0100 -01 A B"},
           {Zone::fixed("", -30), "+00:00 +0000 +00:00 +0000 +00 +0000"},
           {Zone::fixed("", 30), "+00:00 +0000 +00:00 +0000 +00 +0000"},
       }) {
    EXPECT_EQ(format("Z07:00 Z0700 -07:00 -0700 -07 MST", t, 0, c.zone), c.text);
  }
  EXPECT_EQ(format("-07:00:00 -070000", t, 0, Zone::fixed("", -(3600 + 120 + 3))), "-01:02:03 -010203");
}

TEST(Layout, HoursAndYears) {
  const struct {
    int hour;
    const char* text;
  } hours[] = {{0, "00 12 12 AM am"},  {1, "01 1 01 AM am"},  {11, "11 11 11 AM am"},
               {12, "12 12 12 PM pm"}, {13, "13 1 01 PM pm"}, {23, "23 11 11 PM pm"}};
  for (const auto& c : hours) EXPECT_EQ(format("15 3 03 PM pm", wall(2024, 1, 1, c.hour), 0, Zone::utc()), c.text);
  const struct {
    int64_t year;
    const char* text;
  } years[] = {{0, "0000 00"},       {7, "0007 07"},   {999, "0999 99"},       {9999, "9999 99"},
               {10'000, "10000 00"}, {-1, "-0001 00"}, {-12'345, "-12345 00"}, {292'000'000'000, "292000000000 00"}};
  for (const auto& c : years) EXPECT_EQ(format("2006 06", wall(c.year, 3, 4), 0, Zone::utc()), c.text);
}

// --- parsing

bool parse(std::string_view layout, std::string_view text, ParsedInstant& out, const Zone& local = Zone::utc()) {
  ParsedTime parsed;
  ParseProblem problem;
  if (!parse_layout(layout, text, parsed, problem)) return false;
  out = instant_of(parsed, local);
  return true;
}

struct Reading {
  const char* layout;
  const char* text;
  int64_t unix_s;
  uint32_t nanos = 0;
};

TEST(Layout, Reads) {
  const int64_t day = wall(2024, 2, 29);
  for (const Reading& c : std::vector<Reading>{
           {"2006-01-02", "2024-02-29", day},
           {"06-1-2", "24-2-29", day},
           {"06-1-2", "24-02-29", day},
           {"January 2 2006", "FEBRUARY 29 2024", day},
           {"Monday Jan _2 2006", "friday feb 29 2024", day},  // the weekday is read, not believed
           {"Jan _2 2006", "Feb  3 2024", wall(2024, 2, 3)},
           {"2006 002", "2024 060", day},
           {"2006 __2", "2024  60", day},
           {"2006 01 02 002", "2024 02 29 060", day},
           {"06", "69", wall(1969, 1, 1)},
           {"06", "68", wall(2068, 1, 1)},
           {"15:04:05", "23:59:58", wall(0, 1, 1, 23, 59, 58)},
           {"15:4:5", "3:7:9", wall(0, 1, 1, 3, 7, 9)},
           {"3:04PM", "12:04AM", wall(0, 1, 1, 0, 4)},
           {"3:04PM", "12:04PM", wall(0, 1, 1, 12, 4)},
           {"pm 03", "pm 01", wall(0, 1, 1, 13)},
           {"05", "07.5", wall(0, 1, 1, 0, 0, 7), 500'000'000},
           {"05", "07,123456789999", wall(0, 1, 1, 0, 0, 7), 123'456'789},
           {"05.000", "07.250", wall(0, 1, 1, 0, 0, 7), 250'000'000},
           {"05,000", "07.250", wall(0, 1, 1, 0, 0, 7), 250'000'000},
           {"05.999", "07", wall(0, 1, 1, 0, 0, 7)},
           {"05.9", "07.123456", wall(0, 1, 1, 0, 0, 7), 123'456'000},
           {"5.99Z07:00", "7.25Z", wall(0, 1, 1, 0, 0, 7), 250'000'000},
           {"2006  15", "2024 7", wall(2024, 1, 1, 7)},  // a run of spaces is one
           {"2006 15", "2024    7", wall(2024, 1, 1, 7)},
           {"2006 ", "2024", wall(2024, 1, 1)},
           {"2006-01-02T15:04:05Z07:00", "2024-02-29T12:00:00+05:30", day + 12 * 3600 - 19'800},
           {"2006-01-02T15:04:05Z07:00", "2024-02-29T12:00:00Z", day + 12 * 3600},
           {"2006 -07:00:00", "2024 -01:02:03", wall(2024, 1, 1, 1, 2, 3)},
           {"2006 -07", "2024 +05", wall(2023, 12, 31, 19)},
           {"2006 Z070000", "2024 +010203", wall(2023, 12, 31, 22, 57, 57)},
           {"2006 MST", "2024 UTC", wall(2024, 1, 1)},
           {"2006 MST", "2024 GMT+3", wall(2023, 12, 31, 21)},
           {"2006 MST", "2024 CEST", wall(2024, 1, 1)},
           {"2006 MST", "2024 WITA", wall(2024, 1, 1)},
           {"2006 MST", "2024 ChST", wall(2024, 1, 1)},
           {"2006 MST", "2024 +03", wall(2024, 1, 1)},
           {"MST2006", "XYZ2024", wall(2024, 1, 1)},
       }) {
    ParsedInstant got;
    ASSERT_TRUE(parse(c.layout, c.text, got)) << c.layout << " of " << c.text;
    EXPECT_EQ(got.unix_s, c.unix_s) << c.layout << " of " << c.text;
    EXPECT_EQ(got.nanos, c.nanos) << c.layout << " of " << c.text;
  }
}

TEST(Layout, Refuses) {
  for (const Shown& c : std::vector<Shown>{
           {"2006", "202"},
           {"2006", "20a4"},
           {"2006", "-024"},
           {"2006", "20245"},
           {"06", "4"},
           {"01", "1"},
           {"01", "00"},
           {"1", "13"},
           {"02", "1"},
           {"2", "0"},
           {"2", "32"},
           {"2006-01-02", "2023-02-29"},
           {"Jan", "Jam"},
           {"January", "Jan"},
           {"Mon", "Fry"},
           {"Monday", "Fri"},
           {"002", "60"},
           {"002", "000"},
           {"2006 002", "2023 366"},
           {"002", "367"},
           {"01 002", "01 060"},
           {"02 002", "01 060"},
           {"15", "24"},
           {"15", "x"},
           {"03", "3"},
           {"3", "13"},
           {"04", "60"},
           {"04", "4"},
           {"05", "60"},
           {"05", "5"},
           {"PM", "pm"},
           {"pm", "PM"},
           {"PM", "P"},
           {"PM", "XM"},
           {"05.00", "07.2"},
           {"05.00", "07"},
           {"05.00", "07.222"},
           {"05", "07."},
           {"-07", "05"},
           {"-07", "+5"},
           {"-07", "+25"},
           {"-07:00", "+0500"},
           {"-0700", "+05:00"},
           {"-0700", "+0561"},
           {"-07:00", "Z"},
           {"Z07:00", "z"},
           {"MST", "ab"},
           {"MST", "AB"},
           {"MST", "ABCD"},
           {"MST", "ABCDE"},
           {"MST", "ABCDEF"},
           {"MST", "+24"},
           {"MST", "GMT+24"},
           {"a", "b"},
           {"a", ""},
           {"", "a"},
           {"2006 ", "2024x"},
           {"-", " "},
           {"2006-01-02", "2024-01-02 "},
       }) {
    ParsedInstant got;
    EXPECT_FALSE(parse(c.layout, c.text, got)) << c.layout << " of " << c.text;
  }
}

TEST(Layout, SaysWhatDidNotFit) {
  ParsedTime parsed;
  ParseProblem p;
  EXPECT_FALSE(parse_layout("2006-01-02", "2024-x", parsed, p));
  EXPECT_EQ(p.rest, "x");
  EXPECT_EQ(p.wanted, "01");
  EXPECT_EQ(p.out_of_range, nullptr);
  p = {};
  EXPECT_FALSE(parse_layout("2006-01-02", "2024_01", parsed, p));
  EXPECT_EQ(p.rest, "_01");
  EXPECT_EQ(p.wanted, "-");
  p = {};
  EXPECT_FALSE(parse_layout("2006", "2024 and more", parsed, p));
  EXPECT_EQ(p.rest, " and more");
  EXPECT_EQ(p.wanted, "");
  p = {};
  EXPECT_FALSE(parse_layout("2006-01-02", "2024-02-30", parsed, p));
  EXPECT_STREQ(p.out_of_range, "day");
}

TEST(Layout, ZonesOfTexts) {
  Zone ny = Zone::utc();
  ASSERT_TRUE(Zone::load("America/New_York", ny));
  ParsedInstant got;
  ASSERT_TRUE(parse("2006-01-02 15:04", "2024-07-01 12:00", got, ny));
  EXPECT_EQ(got.unix_s, wall(2024, 7, 1, 16));
  EXPECT_TRUE(got.zone.same_rules(ny));
  ASSERT_TRUE(parse("2006-01-02 15:04 -0700", "2024-07-01 12:00 -0400", got, ny));  // ny's own offset: ny
  EXPECT_TRUE(got.zone.same_rules(ny));
  ASSERT_TRUE(parse("2006-01-02 15:04 -0700 MST", "2024-07-01 12:00 -0400 AST", got, ny));  // but not its name
  EXPECT_TRUE(got.zone.same_rules(Zone::fixed("AST", -4 * 3600)));
  ASSERT_TRUE(parse("2006-01-02 15:04 -0700", "2024-07-01 12:00 -0500", got, ny));
  EXPECT_TRUE(got.zone.same_rules(Zone::fixed("", -5 * 3600)));
  ASSERT_TRUE(parse("2006-01-02 15:04 MST", "2024-07-01 12:00 EST", got, ny));  // out of season, yet known
  EXPECT_EQ(got.unix_s, wall(2024, 7, 1, 17));
  EXPECT_TRUE(got.zone.same_rules(ny));
  ASSERT_TRUE(parse("2006-01-02 15:04 MST", "2024-07-01 12:00 CEST", got, ny));
  EXPECT_EQ(got.unix_s, wall(2024, 7, 1, 12));
  EXPECT_TRUE(got.zone.same_rules(Zone::fixed("CEST", 0)));
  ASSERT_TRUE(parse("2006Z07:00", "2024Z", got, ny));
  EXPECT_EQ(got.zone.kind(), Zone::Kind::kUtc);
}

// --- properties

TEST(Layout, ReadsWhatItWrote) {
  static const std::vector<const char*> layouts = {
      "2006-01-02T15:04:05.999999999Z07:00:00", "Monday, 02-January-2006 03:04:05.000000000 PM -070000",
      "2006 002 15 4 5,999999999 -07:00:00", "_2 Jan 2006 3:4:5pm .000000000 Z070000",
      "2006 __2 15:04:05.000000000 -07:00:00"};
  EXPECT_TRUE(rc::check([] {
    const auto layout = *rc::gen::elementOf(layouts);
    const auto t = *rc::gen::inRange<int64_t>(wall(1, 1, 1), wall(9998, 12, 31));
    const auto nanos = *rc::gen::element<uint32_t>(*rc::gen::inRange<uint32_t>(0, 1'000'000'000), 0, 5, 120'000'000);
    const auto offset_s = *rc::gen::element(0, 60 * *rc::gen::inRange(-1439, 1440));
    const std::string text = format(layout, t, nanos, Zone::fixed("", offset_s));
    ParsedInstant got;
    RC_ASSERT(parse(layout, text, got));
    RC_ASSERT(got.unix_s == t);
    RC_ASSERT(got.nanos == nanos);
    RC_ASSERT(got.zone.at(0).offset_s == offset_s);
    RC_ASSERT(format(layout, got.unix_s, got.nanos, got.zone) == text);
  }));
}

// Any bytes: no layout and no text does harm, and literals come through.
TEST(Layout, AnyLayoutAndText) {
  static const std::vector<std::string> pieces = {"2006", "01", "Jan",  "_2",  "__2",   "002", "15",  "3",
                                                  "04",   "05", "PM",   "MST", "-0700", "Z",   "Z07", ".0",
                                                  ",9",   "x",  "\xFF", " ",   "_",     "9999"};
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces));
    std::string layout;
    for (const std::string& p : parts) layout += p;
    ParsedInstant got;
    parse(layout, text, got);
    const std::string shown = format(layout.c_str(), wall(2024, 12, 31, 23, 59, 58), 987'654'321, Zone::utc());
    RC_ASSERT(shown.size() >= layout.size() / 6);
    parse(layout, shown, got);
    parse(layout, std::string_view(shown).substr(0, shown.size() / 2), got);
  }));
}

}  // namespace
}  // namespace wippy::lua::test
