#include "runtime/app/units.hpp"

#include <gtest/gtest.h>

namespace wippy::app {
namespace {

TEST(Duration, AcceptsTheGrammar) {
  EXPECT_EQ(parse_duration_ns("250ms"), 250'000'000);
  EXPECT_EQ(parse_duration_ns("5s"), 5'000'000'000);
  EXPECT_EQ(parse_duration_ns("1m30s"), 90'000'000'000);
  EXPECT_EQ(parse_duration_ns("24h"), 86'400'000'000'000);
  EXPECT_EQ(parse_duration_ns("1.5h"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration_ns(".5s"), 500'000'000);
  EXPECT_EQ(parse_duration_ns("3us"), 3'000);
  EXPECT_EQ(parse_duration_ns("3\xC2\xB5s"), 3'000);
  EXPECT_EQ(parse_duration_ns("3\xCE\xBCs"), 3'000);
  EXPECT_EQ(parse_duration_ns("7ns"), 7);
  EXPECT_EQ(parse_duration_ns("0"), 0);
  EXPECT_EQ(parse_duration_ns("-2s"), -2'000'000'000);
  EXPECT_EQ(parse_duration_ns("0.123456789012345678s"), 123'456'789);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "5", "5 s", "s", ".s", "5 parsecs", "1h-2m", "--1s", "1e3s", "99999999999h",
                           "9223372036854775807s", "5S", "1..5s"}) {
    EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
  }
}

TEST(Size, AcceptsBytesAndUnits) {
  EXPECT_EQ(parse_size_bytes("4096"), 4096);
  EXPECT_EQ(parse_size_bytes("64MiB"), 64LL << 20);
  EXPECT_EQ(parse_size_bytes("64M"), 64LL << 20);
  EXPECT_EQ(parse_size_bytes("1 GiB"), 1LL << 30);
  EXPECT_EQ(parse_size_bytes("2MB"), 2'000'000);
}

TEST(Size, RefusesEverythingElse) {
  for (const char* text : {"", "MiB", "-1", "1.5MiB", "64 mib", "99999999999GiB", "64MiBs"}) {
    EXPECT_EQ(parse_size_bytes(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wippy::app
