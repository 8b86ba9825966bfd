// libs: wippy_runtime_env
// KEY=VALUE files (host.md §2.11).
#include "runtime/env/env_file.hpp"

#include <gtest/gtest.h>

namespace wippy::env {
namespace {

using Values = std::map<std::string, std::string>;

TEST(EnvFile, H084_ReadsCommentsAndQuotes) {
  EnvFile file;
  EXPECT_TRUE(
      file.parse("# head\n\nA=1\nB = two words  # c\nC=a#b\nD='x # \"y'\nE=\"q\\\"\\n\" # t\nF=\nG= # only\nA=2\r\n")
          .empty());
  EXPECT_EQ(
      file.values(),
      (Values{{"A", "2"}, {"B", "two words"}, {"C", "a#b"}, {"D", "x # \"y"}, {"E", "q\"\n"}, {"F", ""}, {"G", ""}}));
}

TEST(EnvFile, H084_KeepsWhatItDoesNotChange) {
  EnvFile file;
  const std::string text = "# head\nA=1 # one\n  B = 2\n\nno assignment\n";
  EXPECT_EQ(file.parse(text).size(), 1u);
  EXPECT_EQ(file.text(), text);
  file.set("A", "x y");
  file.set("N", "plain");
  EXPECT_EQ(file.text(), "# head\nA=\"x y\" # one\n  B = 2\n\nno assignment\nN=plain\n");
}

TEST(EnvFile, H084_EveryTextComesBack) {
  for (const std::string value :
       {"", "a", " a ", "#", "a # b", "\"", "'", "\\", "\\n", "a\nb\r\tc", "\xc3\xa4", "a=b"}) {
    EnvFile file;
    file.set("K", value);
    EnvFile again;
    EXPECT_TRUE(again.parse(file.text()).empty()) << file.text();
    EXPECT_EQ(again.values(), (Values{{"K", value}})) << file.text();
  }
}

TEST(EnvFile, BadLinesAreNamedWithoutTheirValues) {
  EnvFile file;
  const auto bad = file.parse("A=1\nsecret text\nB='secret\nC='x' secret\n=secret\n");
  ASSERT_EQ(bad.size(), 4u);
  EXPECT_EQ(bad[0].line, 2);
  for (const BadLine& line : bad) EXPECT_EQ(line.message.find("secret"), std::string::npos) << line.message;
}

}  // namespace
}  // namespace wippy::env
