#include "runtime/app/entry.hpp"

#include <gtest/gtest.h>

#include "runtime/app/problem.hpp"

namespace wippy::app {
namespace {

TEST(EntryId, H027_SplitsAtTheFirstColon) {
  EXPECT_EQ(EntryId::parse("ns:name:with:colons"), (EntryId{"ns", "name:with:colons"}));
  EXPECT_EQ(EntryId::parse("app.workers:task/worker.v2").text(), "app.workers:task/worker.v2");
}

TEST(EntryId, H028_TextWithoutColon) {
  EXPECT_EQ(EntryId::parse("justname"), (EntryId{"", "justname"}));
  EXPECT_EQ(EntryId::parse("justname").text(), "justname");
  EXPECT_EQ(EntryId::parse(""), (EntryId{"", ""}));
}

TEST(EntryId, BareNamesTakeTheNamespace) {
  EXPECT_EQ(EntryId::resolve("handler", "app.workers").text(), "app.workers:handler");
  EXPECT_EQ(EntryId::resolve("app:x", "other").text(), "app:x");
}

TEST(Problem, TextHasTheSpecifiedForm) {
  const Problem full{"src/_index.yaml", {12, 5}, "entry app:x", "host.workers", "is wrong", "do that"};
  EXPECT_EQ(full.text(), "src/_index.yaml:12:5: entry app:x: host.workers: is wrong; do that");
  EXPECT_EQ((Problem{"src/a.yaml", {3, 0}, "", "", "broken", ""}.text()), "src/a.yaml:3: broken");
  EXPECT_EQ((Problem{"", {}, "", "", "no application found", ""}.text()), "no application found");
}

TEST(Nearest, FindsMisspellings) {
  const std::vector<std::string> kinds{"process.lua", "process.host", "process.service"};
  EXPECT_EQ(did_you_mean("proces.lua", kinds), "did you mean \"process.lua\"?");
  EXPECT_EQ(did_you_mean("worker", {"workers", "queue_size"}), "did you mean \"workers\"?");
  EXPECT_EQ(did_you_mean("zebra", kinds), "");
  EXPECT_EQ(did_you_mean("x", {"y"}), "");
  EXPECT_EQ(nearest("process.hots", kinds, 3).front(), "process.host");
}

}  // namespace
}  // namespace wippy::app
