// Zones: the C library's rules against cctz's, names that may not be loaded, threads that load at once.
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lua/civil.hpp"
#include "lua/zone.hpp"
#include "tests/support/local_zone.hpp"

namespace wippy::lua::test {
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = {"America/New_York",    "Europe/Paris",      "Asia/Kathmandu",
                                               "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
                                               "Etc/GMT+5",           "Europe/Dublin"};
  return all;
}

// Anywhere from 1779 to 2603, or within a day of a change of the offset.
class Instants {
 public:
  explicit Instants(const Zone& zone) {
    for (int64_t t = kFirst; t < kEnd; t += kDaySeconds) {
      if (zone.at(t).offset_s != zone.at(t + kDaySeconds).offset_s) changes_.push_back(t);
    }
  }
  int64_t pick() const {
    const auto anywhere = *rc::gen::inRange<int64_t>(kFirst, kEnd);
    if (changes_.empty() || *rc::gen::element(false, true)) return anywhere;
    return *rc::gen::elementOf(changes_) + *rc::gen::inRange<int64_t>(-kDaySeconds, 2 * kDaySeconds);
  }

 private:
  static constexpr int64_t kFirst = -6'000'000'000;
  static constexpr int64_t kEnd = 20'000'000'000;
  std::vector<int64_t> changes_;
};

TEST(Zone, LocalZoneAndNamedZoneAgree) {
  for (const std::string& name : names()) {
    const LocalZone tz(name.c_str());
    Zone named = Zone::utc();
    ASSERT_TRUE(Zone::load(name, named)) << name << ": is tzdata installed?";
    EXPECT_EQ(named.kind(), Zone::Kind::kNamed);
    const Instants instants(named);
    EXPECT_TRUE(rc::check(name, [&] {
      const int64_t t = instants.pick();
      const ZoneMoment a = Zone::local().at(t);
      const ZoneMoment b = named.at(t);
      RC_ASSERT(a.offset_s == b.offset_s);
      RC_ASSERT(a.abbreviation == b.abbreviation);
    }));
  }
}

// Whatever a clock can show is found again; at a repeated hour one of its two instants.
TEST(Zone, InstantsOfWallTimes) {
  for (const std::string& name : names()) {
    Zone zone = Zone::utc();
    ASSERT_TRUE(Zone::load(name, zone));
    const Instants instants(zone);
    EXPECT_TRUE(rc::check(name, [&] {
      const int64_t t = instants.pick();
      const int64_t wall = zone.wall_s(t);
      RC_ASSERT(zone.wall_s(zone.unix_s(wall)) == wall);
    }));
  }
}

TEST(Zone, GapsGiveOneOfTheTwoOffsets) {
  Zone zone = Zone::utc();
  ASSERT_TRUE(Zone::load("America/New_York", zone));
  int64_t wall = 0;
  uint32_t nanos = 0;
  ASSERT_TRUE(wall_seconds_of({2024, 3, 10, 2, 30}, wall, nanos));
  const int64_t offset_s = wall - zone.unix_s(wall);
  EXPECT_TRUE(offset_s == -5 * 3600 || offset_s == -4 * 3600) << offset_s;
}

TEST(Zone, FarInstants) {
  Zone zone = Zone::utc();
  ASSERT_TRUE(Zone::load("America/New_York", zone));
  for (const Zone& z : {Zone::utc(), Zone::local(), Zone::fixed("X", 3600), zone}) {
    for (const int64_t t : {INT64_MIN, INT64_MIN / 2, INT64_MAX / 2, INT64_MAX}) {
      EXPECT_LE(std::abs(z.at(t).offset_s), 86'400);
      z.wall_s(t);
      z.unix_s(t);
    }
  }
  int64_t wall = 0;
  uint32_t nanos = 0;
  ASSERT_TRUE(wall_seconds_of({250'000'000'000, 7, 1, 12}, wall, nanos));
  EXPECT_EQ(zone.at(zone.unix_s(wall)).abbreviation, "EDT");
  ASSERT_TRUE(wall_seconds_of({250'000'000'000, 1, 1, 12}, wall, nanos));
  EXPECT_EQ(zone.at(zone.unix_s(wall)).abbreviation, "EST");
}

TEST(Zone, NamesThatAreNoZones) {
  for (const char* name : {"",
                           "/",
                           ".",
                           "..",
                           "America",
                           "Nowhere/City",
                           "../zoneinfo/Europe/Paris",
                           "/etc/localtime",
                           "Europe//Paris",
                           "Europe/Paris/",
                           "/Europe/Paris",
                           "Europe/./Paris",
                           "zone.tab",
                           "tzdata.zi",
                           "leapseconds",
                           "localtime",
                           "posixrules",
                           "libc:localtime",
                           "Fixed/UTC+01:00:00",
                           "europe/paris",
                           "Europe/Paris ",
                           "Europe\\Paris"}) {
    Zone zone = Zone::utc();
    EXPECT_FALSE(Zone::load(name, zone)) << name;
    EXPECT_EQ(zone.kind(), Zone::Kind::kUtc) << name;
  }
  Zone zone = Zone::utc();
  EXPECT_FALSE(Zone::load(std::string_view("Europe/Paris\0", 13), zone));
  EXPECT_FALSE(Zone::load(std::string(100'000, 'x'), zone));
}

TEST(Zone, AbbreviationsByUse) {
  Zone zone = Zone::utc();
  ASSERT_TRUE(Zone::load("Europe/London", zone));
  int32_t offset_s = -1;
  int64_t july = 0;
  uint32_t nanos = 0;
  ASSERT_TRUE(wall_seconds_of({2024, 7, 1, 12}, july, nanos));
  EXPECT_TRUE(zone.find_offset("BST", july, offset_s));
  EXPECT_EQ(offset_s, 3600);
  EXPECT_TRUE(zone.find_offset("GMT", july, offset_s));
  EXPECT_EQ(offset_s, 0);
  EXPECT_FALSE(zone.find_offset("EST", july, offset_s));
}

TEST(Zone, ThreadsLoadAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (const std::string& name : names()) {
        Zone zone = Zone::utc();
        ASSERT_TRUE(Zone::load(name, zone));
        EXPECT_EQ(zone.wall_s(1'720'000'000) - 1'720'000'000, zone.at(1'720'000'000).offset_s);
        Zone::local().at(1'720'000'000);
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace wippy::lua::test
