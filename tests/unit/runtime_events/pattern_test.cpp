// Patterns of subscriptions: host.md §10.6, docs/events.md.
#include <gtest/gtest.h>

#include <string>

#include "runtime/events/event_bus.hpp"

namespace wippy {
namespace {

TEST(EventPattern, StarsStayInTheirSegment) {
  EXPECT_TRUE(event_pattern_matches("*", "a.b"));  // alone: everything
  EXPECT_TRUE(event_pattern_matches("service.*", "service.update"));
  EXPECT_FALSE(event_pattern_matches("service.*", "service.update.late"));
  EXPECT_TRUE(event_pattern_matches("service.**", "service.update.late"));
  EXPECT_TRUE(event_pattern_matches("*.update", "service.update"));
  EXPECT_FALSE(event_pattern_matches("*.update", "a.service.update"));
  EXPECT_TRUE(event_pattern_matches("s*e", "service"));
  EXPECT_FALSE(event_pattern_matches("", "a"));
  EXPECT_TRUE(event_pattern_matches("", ""));
}

TEST(EventPattern, OneOfSeveralWords) {
  EXPECT_TRUE(event_pattern_matches("service.(start|stop)", "service.stop"));
  EXPECT_FALSE(event_pattern_matches("service.(start|stop)", "service.stopped"));
  EXPECT_TRUE(event_pattern_matches("(a|ab)c", "abc"));
  EXPECT_TRUE(event_pattern_matches("a(|b)", "a"));
  EXPECT_TRUE(event_pattern_matches("a(b", "a(b")) << "not closed: a character like others";
}

// A script chooses its pattern, and every publisher pays for it.
TEST(EventPattern, ManyStarsAreNoBlowUp) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(event_pattern_matches(pattern + "b", std::string(200, 'a')));
  EXPECT_TRUE(event_pattern_matches(pattern, std::string(200, 'a')));
}

}  // namespace
}  // namespace wippy
