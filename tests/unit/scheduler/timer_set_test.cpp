// Timers, one thread against std::multimap; the other side of a cancel is played by passing mine = null.
#include "scheduler/timer_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"

namespace wippy {
namespace {

std::vector<TimerEvent> g_fired;
std::set<TimerNode*> g_disposed;
void fire(const TimerEvent& e) noexcept { g_fired.push_back(e); }
void dispose(TimerNode* n) noexcept { g_disposed.insert(n); }

class Timers : public ::testing::Test {
 protected:
  Timers() {
    g_fired.clear();
    g_disposed.clear();
  }
  TimerNode* arm(uint64_t deadline, uint64_t ref, TimerHold hold = TimerHold::kHeld) {
    nodes_.push_back(std::make_unique<TimerNode>());
    TimerNode* n = nodes_.back().get();
    n->pid = 7;
    n->ref = ref;
    set_.arm(n, deadline, fire, hold);
    return n;
  }
  TimerSet set_{dispose};
  std::vector<std::unique_ptr<TimerNode>> nodes_;
};

TEST_F(Timers, NeverEarlyAndInOrder) {
  EXPECT_EQ(set_.next_deadline_ns(), kNeverNs);
  arm(300, 3);
  arm(100, 1);
  arm(200, 2);
  arm(200, 22);
  EXPECT_EQ(set_.next_deadline_ns(), 100u);
  EXPECT_EQ(set_.expire(99), 0u);
  EXPECT_EQ(set_.expire(250), 3u);
  EXPECT_EQ(set_.next_deadline_ns(), 300u);
  EXPECT_EQ(set_.expire(300), 1u);
  ASSERT_EQ(g_fired.size(), 4u);
  const uint64_t order[] = {1, 2, 22, 3};
  for (uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(g_fired[i].ref, order[i]);
    EXPECT_EQ(g_fired[i].pid, 7u);
  }
  EXPECT_EQ(g_fired[3].deadline_ns, 300u);
  EXPECT_EQ(set_.armed(), 0u);
}

TEST_F(Timers, PastDeadlinesAndTheFarEndOfTime) {
  EXPECT_EQ(set_.expire(1000), 0u);
  arm(5, 1);
  arm(kNeverNs - 1, 2);
  EXPECT_LE(set_.next_deadline_ns(), 5u);
  EXPECT_EQ(set_.expire(1001), 1u);
  EXPECT_EQ(set_.next_deadline_ns(), kNeverNs - 1);
  EXPECT_EQ(set_.expire(kNeverNs - 2), 0u);
  EXPECT_EQ(set_.expire(kNeverNs - 1), 1u);
}

TEST_F(Timers, CancelByTheOwnerIsImmediate) {
  TimerNode* n = arm(100, 1);
  EXPECT_TRUE(TimerSet::cancel(n, &set_));
  EXPECT_EQ(set_.armed(), 0u);
  EXPECT_EQ(set_.expire(1000), 0u);
  TimerNode* fired = arm(1500, 2);
  EXPECT_EQ(set_.expire(1500), 1u);
  EXPECT_TRUE(TimerSet::cancel(fired, &set_));
  EXPECT_TRUE(g_disposed.empty());
}

TEST_F(Timers, CancelByAnotherThreadIsQueuedAndDisposedOf) {
  TimerNode* a = arm(100, 1);
  TimerNode* b = arm(200, 2);
  EXPECT_FALSE(TimerSet::cancel(a, nullptr));
  EXPECT_EQ(set_.armed(), 2u);
  EXPECT_EQ(set_.drain_cancelled(), 1u);
  EXPECT_EQ(g_disposed, std::set<TimerNode*>{a});
  EXPECT_EQ(set_.armed(), 1u);
  EXPECT_EQ(set_.expire(200), 1u);
  EXPECT_TRUE(TimerSet::cancel(b, nullptr)) << "the holder disposes of it";
  EXPECT_EQ(set_.drain_cancelled(), 0u);
}

TEST_F(Timers, CancelledNodeThatComesDueIsNotFired) {
  TimerNode* a = arm(100, 1);
  EXPECT_FALSE(TimerSet::cancel(a, nullptr));
  EXPECT_EQ(set_.expire(100), 0u);
  EXPECT_EQ(g_disposed, std::set<TimerNode*>{a});
  EXPECT_TRUE(g_fired.empty());
}

TEST_F(Timers, DetachedNodesAreDisposedOfAfterFiring) {
  TimerNode* a = arm(100, 1, TimerHold::kDetached);
  TimerNode* b = arm(900, 2, TimerHold::kDetached);
  arm(900, 3);
  EXPECT_EQ(set_.expire(100), 1u);
  EXPECT_EQ(g_disposed, std::set<TimerNode*>{a});
  set_.clear();
  EXPECT_EQ(g_disposed, (std::set<TimerNode*>{a, b}));
  EXPECT_EQ(set_.armed(), 0u);
}

TEST_F(Timers, TheCancellerOfNumber4096WakesTheOwner) {
  uint32_t wakes = 0;
  TimerSet set(
      dispose, [](void* owner) noexcept { ++*static_cast<uint32_t*>(owner); }, &wakes);
  std::vector<TimerNode> nodes(TimerSet::kWakeAtQueued + 10);
  for (TimerNode& n : nodes) set.arm(&n, 1000, fire, TimerHold::kHeld);
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    ASSERT_FALSE(TimerSet::cancel(&nodes[i], nullptr)) << i;
    ASSERT_EQ(wakes, i + 1 >= TimerSet::kWakeAtQueued ? 1u : 0u) << i;
  }
  EXPECT_EQ(set.drain_cancelled(), nodes.size());
  EXPECT_EQ(set.armed(), 0u);
}

TEST_F(Timers, AbsorbMovesTimersAndForwardsCancellations) {
  TimerSet other(dispose);
  TimerNode* queued = arm(100, 1);
  TimerNode* later = arm(5000, 2);
  arm(3000, 3);
  other.expire(50);
  EXPECT_FALSE(TimerSet::cancel(queued, nullptr));
  other.absorb(set_);
  EXPECT_EQ(g_disposed, std::set<TimerNode*>{queued});
  EXPECT_EQ(set_.armed(), 0u);
  EXPECT_EQ(other.armed(), 2u);
  EXPECT_FALSE(TimerSet::cancel(later, nullptr)) << "goes to the new owner";
  EXPECT_EQ(other.drain_cancelled(), 1u);
  EXPECT_EQ(other.expire(3000), 1u);
}

TimerSet* g_set = nullptr;
TimerNode* g_node = nullptr;
uint64_t g_again = 0;
void arm_again(const TimerEvent& e) noexcept {
  ++g_again;
  g_set->arm(g_node, e.deadline_ns, arm_again, TimerHold::kHeld);  // in the past
}
TEST_F(Timers, FireThatArmsForThePastDoesNotLoop) {
  g_set = &set_;
  g_node = arm(10, 1);
  g_again = 0;
  ASSERT_TRUE(TimerSet::cancel(g_node, &set_));
  set_.arm(g_node, 10, arm_again, TimerHold::kHeld);
  EXPECT_EQ(set_.expire(20), 1u);
  EXPECT_EQ(set_.expire(20), 1u);
  EXPECT_EQ(g_again, 2u);
}

// Against a multimap: deadlines of all magnitudes, owner and foreign cancels, expiry in steps of all magnitudes.
RC_GTEST_PROP(TimerSet, AgainstMultimap, (uint64_t seed)) {
  g_fired.clear();
  g_disposed.clear();
  Random random(seed);
  TimerSet set(dispose);
  std::vector<std::unique_ptr<TimerNode>> nodes;
  std::multimap<uint64_t, uint64_t> model;  // deadline -> ref; equal keys stay in insertion order
  uint64_t now = 0;
  std::size_t checked = 0;
  std::size_t foreign = 0;
  for (uint32_t i = 0; i < 300; ++i) {
    const uint64_t delta = random.next() >> (24 + random.below(40));
    switch (random.below(4)) {
      case 0:
      case 1: {
        nodes.push_back(std::make_unique<TimerNode>());
        nodes.back()->ref = nodes.size() - 1;
        set.arm(nodes.back().get(), now + delta, fire, TimerHold::kHeld);
        model.emplace(now + delta, nodes.size() - 1);
        break;
      }
      case 2: {
        if (model.empty()) break;
        auto it = model.begin();
        std::advance(it, random.below(static_cast<uint32_t>(model.size())));
        const bool by_owner = random.below(2) == 0;
        RC_ASSERT(TimerSet::cancel(nodes[it->second].get(), by_owner ? &set : nullptr) == by_owner);
        if (!by_owner) ++foreign;
        model.erase(it);
        break;
      }
      case 3: {
        now += delta;
        set.expire(now);
        for (; !model.empty() && model.begin()->first <= now; model.erase(model.begin()), ++checked) {
          RC_ASSERT(checked < g_fired.size());
          RC_ASSERT(g_fired[checked].ref == model.begin()->second);
          RC_ASSERT(g_fired[checked].deadline_ns == model.begin()->first);
        }
        RC_ASSERT(checked == g_fired.size());
        RC_ASSERT(set.armed() == model.size());
        RC_ASSERT(g_disposed.size() == foreign);
        break;
      }
    }
    const uint64_t next = set.next_deadline_ns();
    if (model.empty()) continue;
    RC_ASSERT(next <= model.begin()->first);
  }
  set.expire(kNeverNs - 1);
  RC_ASSERT(set.armed() == 0u);
  RC_ASSERT(set.next_deadline_ns() == kNeverNs);
}

// The cost bound: a park loop that follows next_deadline_ns() is woken early at most 64 times a timer, even when the
// earliest timers were cancelled.
TEST_F(Timers, EarlyVisitsAreBounded) {
  Random random(5);
  std::vector<TimerNode*> nodes;
  for (uint64_t i = 0; i < 1000; ++i) nodes.push_back(arm(1 + (random.next() >> 30), i));
  for (uint32_t i = 0; i < 999; ++i) ASSERT_TRUE(TimerSet::cancel(nodes[i], &set_));
  uint32_t visits = 0;
  uint64_t now = 0;
  while (g_fired.empty()) {
    ASSERT_GT(set_.next_deadline_ns(), now);
    now = set_.next_deadline_ns();
    set_.expire(now);
    ASSERT_LE(++visits, 65u);
  }
  EXPECT_EQ(g_fired[0].deadline_ns, now) << "not late when visited on time";
}

}  // namespace
}  // namespace wippy
