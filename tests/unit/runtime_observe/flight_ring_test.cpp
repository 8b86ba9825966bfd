// The flight recorder's ring: what a snapshot holds, lapped, and while the thread goes on.
#include "runtime/observe/flight_ring.hpp"

#include <gtest/gtest.h>

#include "scheduler/thread.hpp"

namespace wippy {
namespace {

uint64_t value(uint64_t w) { return FlightRing::value_of(w); }

TEST(FlightRing, ASnapshotHoldsWhatWasNoted) {
  FlightRingOf<8> r(3);
  EXPECT_TRUE(r.snapshot().words.empty());
  r.time(100);
  EXPECT_EQ(r.send(42), FlightRing::name(3, 1) << FlightRing::kKindBits);
  const FlightRing::Snapshot s = r.snapshot();
  EXPECT_EQ(s.first, 0u);
  ASSERT_EQ(s.words.size(), 2u);
  EXPECT_EQ(FlightRing::kind_of(s.words[0]), FlightKind::kTime);
  EXPECT_EQ(value(s.words[0]), 100u);
  EXPECT_EQ(value(s.words[1]), 42u);
}

TEST(FlightRing, ValuesAreCutToTheirBits) {
  FlightRingOf<8> r(0);
  r.note(FlightKind::kSpawn, ~uint64_t{0});
  EXPECT_EQ(FlightRing::kind_of(r.snapshot().words[0]), FlightKind::kSpawn);
  EXPECT_EQ(value(r.snapshot().words[0]), FlightRing::kMostValue);
}

// A lapped ring gives its last words but one: that one may be on its way.
TEST(FlightRing, ALappedRingGivesTheLastWords) {
  FlightRingOf<8> r(0);
  for (uint64_t i = 0; i < 21; ++i) r.time(i);
  const FlightRing::Snapshot s = r.snapshot();
  EXPECT_EQ(s.first, 14u);
  ASSERT_EQ(s.words.size(), 7u);
  for (std::size_t i = 0; i < s.words.size(); ++i) EXPECT_EQ(value(s.words[i]), s.first + i);
}

TEST(FlightRing, AReceiveRepeatsTheNameOfItsSend) {
  FlightRingOf<8> sender(3), receiver(4);
  sender.time(1);
  receiver.receive(sender.send(42));
  receiver.receive(FlightRing::kUnrecorded);
  receiver.receive(0);  // from outside the workers
  const FlightRing::Snapshot s = receiver.snapshot();
  ASSERT_EQ(s.words.size(), 3u);
  for (const uint64_t word : s.words) EXPECT_EQ(FlightRing::kind_of(word), FlightKind::kReceive);
  EXPECT_EQ(value(s.words[0]), FlightRing::name(3, 1));
  EXPECT_EQ(value(s.words[1]), FlightRing::kMostValue);
}

// --- which windows are recorded

TEST(FlightPace, SlowWindowsAreAllRecorded) {
  FlightPace pace;
  uint64_t now_ns = 1000, at = 1;
  pace.resume(now_ns, at);
  for (int i = 0; i < 100; ++i) {
    at += 64;
    now_ns += 64 * FlightPace::kHotEventNs;
    EXPECT_TRUE(pace.next_window(now_ns, at)) << i;
  }
}

// Only the recorded windows count: in a pause the position stands still, and time alone would make any load look slow.
TEST(FlightPace, OfHotWindowsOneInSixteenIsRecorded) {
  FlightPace pace;
  uint64_t now_ns = 1000, at = 1;
  pace.resume(now_ns, at);
  uint32_t recorded = 0;
  bool on = true;
  for (int i = 0; i < 160; ++i) {
    at += on ? 64 : 0;
    now_ns += 64 * (FlightPace::kHotEventNs - 1);
    recorded += on ? 1 : 0;
    on = pace.next_window(now_ns, at);
  }
  EXPECT_EQ(recorded, 10u);
}

TEST(FlightPace, APauseEndsWhenTheThreadSleeps) {
  FlightPace pace;
  pace.resume(1000, 1);
  EXPECT_FALSE(pace.next_window(1001, 65));
  pace.resume(2000, 67);
  EXPECT_TRUE(pace.next_window(2000 + 64 * FlightPace::kHotEventNs, 131));
}

struct Race {
  FlightRingOf<64> ring{0};
  Atomic<uint32_t> stop{0};
  static void write(void* self) {
    auto& race = *static_cast<Race*>(self);
    for (uint64_t i = 0; race.stop.load_relaxed() == 0; ++i) race.ring.time(i);  // partner: the test
  }
};

TEST(FlightRing, ASnapshotOfARunningThreadHasNoWordOfAnotherLap) {
  Race race;
  Thread thread;
  ASSERT_TRUE(thread.start("writer", &Race::write, &race));
  uint64_t seen = 0;
  for (int i = 0; i < 20000 || seen == 0; ++i) {
    const FlightRing::Snapshot s = race.ring.snapshot();
    seen += s.words.size();
    for (std::size_t k = 0; k < s.words.size(); ++k) ASSERT_EQ(value(s.words[k]), s.first + k);
  }
  race.stop.store_relaxed(1);  // partner: write
  thread.join();
}

TEST(FlightRings, ARingGivenBackGoesToTheNextOfItsSize) {
  FlightRings rings;
  auto& a = rings.take<64>();
  auto& b = rings.take<64>();
  a.time(5);
  rings.set_label(a, "a label that is longer than thirty-one bytes");
  EXPECT_EQ(std::string_view(a.label()), "a label that is longer than thi");
  rings.give_back(a);
  EXPECT_NE(static_cast<FlightRingBase*>(&rings.take<32>()), &a);
  EXPECT_EQ(&rings.take<64>(), &a);
  EXPECT_EQ(a.snapshot().words.size(), 1u);
  EXPECT_EQ(rings.count(), 3u);
  EXPECT_EQ(b.index(), 1u);
}

}  // namespace
}  // namespace wippy
