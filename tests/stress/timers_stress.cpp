// libs: wippy_scheduler
// One owner arms, expires and moves timers between two sets while other threads cancel them. Each node must end exactly
// once: fired and freed by its holder, or cancelled and disposed of by a set. Nodes are freed at once: ASan and TSan see a
// set that touches a node which is its holder's again.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memory/atomic.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"
#include "scheduler/timer_set.hpp"
#include "stress/scale.hpp"

namespace wippy {
namespace {

constexpr uint32_t kCancellers = 3;

Atomic<uint64_t> g_fired{0};
Atomic<uint64_t> g_early{0};
uint64_t g_disposed = 0;  // owner thread

void fire(const TimerEvent& e) noexcept {
  g_fired.fetch_add_relaxed(1);  // read at the end
  if (monotonic_ns() < e.deadline_ns) g_early.fetch_add_relaxed(1);
}
void dispose(TimerNode* n) noexcept {
  ++g_disposed;
  delete n;
}

// What a process's move from worker to worker does for its timer nodes.
class Handover {
 public:
  void give(TimerNode* n) {
    const std::lock_guard lock(mutex_);
    nodes_.push_back(n);
  }
  TimerNode* take() {
    const std::lock_guard lock(mutex_);
    if (nodes_.empty()) return nullptr;
    TimerNode* n = nodes_.front();
    nodes_.pop_front();
    return n;
  }

 private:
  std::mutex mutex_;
  std::deque<TimerNode*> nodes_;
};

TEST(StressTimers, EveryNodeEndsOnce) {
  g_fired.store_relaxed(0);
  g_disposed = 0;
  const uint32_t n = stress_scale(400'000);
  std::vector<std::unique_ptr<TimerSet>> sets;  // all of them: a canceller may still look at one that was absorbed
  sets.push_back(std::make_unique<TimerSet>(dispose));
  TimerSet* mine = sets.back().get();
  Handover handover;
  Atomic<uint64_t> cancelled{0}, returned{0};
  Atomic<uint32_t> armed_all{0};
  std::vector<std::thread> cancellers;
  for (uint32_t t = 0; t < kCancellers; ++t) {
    cancellers.emplace_back([&] {
      for (;;) {
        const bool last_look = armed_all.load_acquire() != 0;  // partner: the store below
        TimerNode* node = handover.take();
        if (node == nullptr) {
          if (last_look) return;
          std::this_thread::yield();
          continue;
        }
        if (TimerSet::cancel(node, nullptr)) {
          delete node;
          returned.fetch_add_relaxed(1);  // read after join
        } else {
          cancelled.fetch_add_relaxed(1);  // read after join
        }
      }
    });
  }
  Random random(3);
  uint64_t own_cancels = 0;
  for (uint32_t i = 0; i < n; ++i) {
    auto* node = new TimerNode;
    node->ref = i;
    mine->arm(node, monotonic_ns() + random.below(200'000), fire, TimerHold::kHeld);
    if (random.below(8) == 0) {
      ASSERT_TRUE(TimerSet::cancel(node, mine));
      delete node;
      ++own_cancels;
    } else {
      handover.give(node);
    }
    if (random.below(16) == 0) mine->expire(monotonic_ns());
    if (random.below(40) == 0) {  // live rescale under fire
      sets.push_back(std::make_unique<TimerSet>(dispose));
      sets.back()->absorb(*mine);
      mine = sets.back().get();
    }
  }
  armed_all.store_release(1);  // partner: the load of the cancellers
  while (mine->armed() != 0) mine->expire(monotonic_ns());
  for (std::thread& t : cancellers) t.join();
  // Cancelled nodes are linked until they are drained, so nothing is left, on its way or forwarded.
  EXPECT_EQ(own_cancels + returned.load_relaxed() + g_disposed, n);
  EXPECT_EQ(g_fired.load_relaxed(), returned.load_relaxed())
      << "fired nodes, and only they, come back to their holders";
  EXPECT_EQ(cancelled.load_relaxed(), g_disposed);
  EXPECT_EQ(g_early.load_relaxed(), 0u);
}

}  // namespace
}  // namespace wippy
