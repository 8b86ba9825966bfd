// One record, one line, whatever it says; JSON stays valid and nobody takes the name of a field that is there.
// libs: wippy_runtime_observe
#include "runtime/observe/log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wippy::log {
namespace {

std::string line_of(Encoding encoding, std::string_view message, std::initializer_list<Field> fields) {
  testing::internal::CaptureStderr();
  init({true, encoding, Level::kInfo});
  write(Level::kWarn, "app:x.db", message, fields);
  write(Level::kDebug, "app:x", "below the level");
  shutdown();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, JsonFieldsKeepTheirTypesAndReservedNames) {
  const std::string line = line_of(Encoding::kJson, "two\nlines",
                                   {{"pid", "{a|1}"},
                                    {"n", "1.5", true},
                                    {"t", R"({"k":[1]})", true},
                                    {"text", "1.5"},
                                    {"level", "mine"},
                                    {"pid", "2", true},
                                    {"field.pid", "x"},
                                    {"broken", "{", true},
                                    {"bytes", "\xff"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  const auto j = nlohmann::json::parse(line);
  EXPECT_EQ(j["level"], "warn");
  EXPECT_EQ(j["logger"], "app:x.db");
  EXPECT_EQ(j["message"], "two\nlines");
  EXPECT_EQ(j["pid"], "{a|1}");
  EXPECT_EQ(j["field.pid"], 2);
  EXPECT_EQ(j["field.field.pid"], "x");
  EXPECT_EQ(j["field.level"], "mine");
  EXPECT_EQ(j["n"], 1.5);
  EXPECT_EQ(j["t"]["k"][0], 1);
  EXPECT_EQ(j["text"], "1.5");
  EXPECT_EQ(j["broken"], "{");
}

TEST(Log, ConsoleShowsControlCharacters) {
  const std::string line = line_of(Encoding::kConsole, "a\nb\x1b[31m\tc", {{"k\n", "v\r"}, {"t", R"({"k":1})", true}});
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  EXPECT_NE(line.find("warn  app:x.db  a\\nb\\x1b[31m\tc  k\\n=v\\x0d  t={\"k\":1}\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace wippy::log
