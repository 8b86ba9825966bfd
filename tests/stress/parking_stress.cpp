// libs: wippy_scheduler
// Idle accounting, parkers and queues together, in the loop that idle.hpp prescribes, without any timeout: a lost wake-up
// is a run that does not end. Four workers, two of them in reserve, and a monitor that calls the reserve at random.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "memory/atomic.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/random.hpp"
#include "scheduler/ring.hpp"
#include "stress/scale.hpp"

namespace wippy {
namespace {

constexpr uint32_t kWorkers = 4, kActive = 2;

struct Leaf final : Runnable {
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
  uint32_t children = 0;  // the next `children` leaves of the array are its own
  uint32_t ran = 0;
};

class Mill {
 public:
  explicit Mill(uint32_t leaves) : leaves_(std::make_unique<Leaf[]>(leaves)) {
    for (uint32_t w = 0; w < kWorkers; ++w) threads_.emplace_back([this, w] { loop(w); });
  }
  ~Mill() { stop(); }
  void stop() {
    stop_.store_release(1);  // -> the load in loop
    for (Parker& p : parkers_) p.unpark();
    for (std::thread& t : threads_) {
      if (t.joinable()) t.join();
    }
  }
  Leaf& leaf(uint32_t i) { return leaves_[i]; }
  void submit_to_inbox(uint32_t worker, Leaf& leaf) {
    if (inboxes_[worker].push(&leaf)) unpark(idle_.wake_one(0, worker));
  }
  void submit_to_overflow(Leaf& leaf) {
    overflow_.push(&leaf);
    unpark(idle_.wake_one(0));
  }
  void pretend_stuck(uint32_t worker) { unpark(idle_.try_activate_reserve(worker)); }
  uint32_t done() const { return done_.load_acquire(); }  // with the fetch_add in run
  Idle& idle() { return idle_; }
  bool anything() const {
    if (overflow_.has_entries()) return true;
    for (uint32_t w = 0; w < kWorkers; ++w) {
      if (inboxes_[w].has_entries() || rings_[w].size_estimate() != 0 || newborns_[w].size_estimate() != 0) return true;
    }
    return false;
  }

 private:
  void unpark(Wake w) {
    if (w.any()) parkers_[w.worker].unpark();
  }
  void enqueue(uint32_t w, Runnable* r) {
    while (!rings_[w].push(r)) {
      Runnable* half[RunRing<4>::kHalf];
      if (const uint32_t n = rings_[w].take_half(half)) overflow_.push_batch(half, n);
    }
  }
  Runnable* take_inbox(uint32_t w, uint32_t from) {
    RunnableList list = inboxes_[from].take_all();
    Runnable* r = list.pop();
    while (Runnable* more = list.pop()) enqueue(w, more);
    return r;
  }
  Runnable* own(uint32_t w) {
    if (Runnable* r = rings_[w].pop()) return r;
    if (Runnable* r = newborns_[w].pop()) return r;
    if (Runnable* r = take_inbox(w, w)) return r;
    Runnable* r = nullptr;
    return overflow_.pop_batch(&r, 1) != 0 ? r : nullptr;
  }
  Runnable* steal(uint32_t w, Random& random) {
    const uint32_t start = random.below(kWorkers);
    for (uint32_t i = 0; i < kWorkers; ++i) {
      const uint32_t v = (start + i) % kWorkers;
      Runnable* r = nullptr;
      if (v == w) continue;
      if (rings_[v].steal_half_into(rings_[w], r) > 0) return r;
      if ((r = newborns_[v].steal()) != nullptr) return r;
      if ((r = take_inbox(w, v)) != nullptr) return r;
    }
    return nullptr;
  }
  void run(uint32_t w, Runnable* r) {
    Leaf& leaf = *static_cast<Leaf*>(r);
    ++leaf.ran;
    for (uint32_t i = 1; i <= leaf.children; ++i) {
      Leaf* child = &leaf + i;
      if (i % 2 == 0 || !newborns_[w].push(child)) enqueue(w, child);
    }
    if (leaf.children != 0) unpark(idle_.wake_one(0));
    idle_.step_ended(w);
    done_.fetch_add_acq_rel(1);  // -> done()
  }
  // Returns whether the worker searches afterwards.
  bool sleep(uint32_t w, bool searching) {
    const Place as = idle_.announce_sleep(w, searching);
    if (anything()) {
      if (as == Place::kSleeping) return idle_.resume(w, true);
      unpark(idle_.wake_one(0));
    }
    static_cast<void>(parkers_[w].park(kNeverNs));
    return idle_.resume(w, false);
  }
  void loop(uint32_t w) {
    Random random(w + 1);
    bool searching = false;
    if (idle_.starts_in_reserve(w)) {
      static_cast<void>(parkers_[w].park(kNeverNs));
      searching = idle_.resume(w, false);
    }
    while (stop_.load_acquire() == 0) {  // with stop()
      Runnable* r = own(w);
      if (r == nullptr && !searching) searching = idle_.try_search();
      if (r == nullptr && searching) r = steal(w, random);
      if (r == nullptr) {
        searching = sleep(w, searching);
        continue;
      }
      if (searching && idle_.found_work()) unpark(idle_.wake_one(0));
      searching = false;
      run(w, r);
    }
  }

  std::unique_ptr<Leaf[]> leaves_;
  Idle idle_{kActive, std::vector<uint32_t>(kWorkers, 0)};
  std::array<Parker, kWorkers> parkers_;
  std::array<RunRing<4>, kWorkers> rings_;
  std::array<NewbornDeque<2>, kWorkers> newborns_;
  std::array<Inbox, kWorkers> inboxes_;
  OverflowQueue overflow_;
  Atomic<uint32_t> done_{0};
  Atomic<uint32_t> stop_{0};
  std::vector<std::thread> threads_;
};

template <class F>
bool within_seconds(uint32_t s, F&& reached) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(s);
  for (uint32_t spins = 0; !reached(); ++spins) {
    if (spins % 1024 != 1023) {
      cpu_relax();
      continue;
    }
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// Roots with up to five children. After every other root nothing more comes until all are done: otherwise the next
// submission would repair a lost wake-up. The next one comes at a random moment of the workers' falling asleep, sometimes
// later. False: it took too long.
bool submit_all(Mill& mill, uint32_t roots, uint32_t& leaves) {
  Random random(77);
  uint32_t submitted = 0;
  for (uint32_t i = 0; i < roots; ++i) {
    Leaf& root = mill.leaf(submitted);
    root.children = random.below(2) == 0 ? 0 : 5;
    submitted += 1 + root.children;
    if (random.below(2) == 0) {
      mill.submit_to_inbox(random.below(kWorkers), root);
    } else {
      mill.submit_to_overflow(root);
    }
    if (random.below(2) == 0 && !within_seconds(20, [&] { return mill.done() == submitted; })) return false;
    for (uint32_t spin = random.below(random.below(16) == 0 ? 3000 : 40); spin > 0; --spin) cpu_relax();
  }
  leaves = submitted;
  return within_seconds(20, [&] { return mill.done() == submitted; });
}

TEST(StressParking, NoWakeUpIsLost) {
  const uint32_t roots = stress_scale(100'000);
  Mill mill(roots * 6);
  Atomic<uint32_t> end{0};
  std::thread monitor([&] {
    Random random(9);
    while (end.load_relaxed() == 0) {  // partner: the store below
      mill.pretend_stuck(random.below(kWorkers));
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  uint32_t leaves = 0;
  const bool finished = submit_all(mill, roots, leaves);
  end.store_relaxed(1);  // partner: the monitor's loop
  monitor.join();
  EXPECT_TRUE(finished) << "a wake-up was lost";
  ASSERT_TRUE(within_seconds(10, [&] { return mill.idle().counts().awake == 0; })) << "workers do not come to rest";
  EXPECT_EQ(mill.idle().counts().searching, 0u);
  EXPECT_FALSE(mill.anything());
  mill.stop();
  for (uint32_t i = 0; i < leaves; ++i) ASSERT_EQ(mill.leaf(i).ran, 1u) << "leaf " << i;
}

// Ping and pong through two parkers: every token must arrive.
TEST(StressParking, TokensArrive) {
  const uint32_t rounds = stress_scale(100'000);
  Parker a, b;
  uint64_t ball = 0;  // plain: unpark -> park orders it
  Atomic<uint32_t> turn{0};
  std::thread other([&] {
    for (uint32_t i = 0; i < rounds; ++i) {
      while (turn.load_relaxed() != 2 * i + 1) static_cast<void>(b.park(kNeverNs));  // the token carries the order
      ++ball;
      turn.store_relaxed(2 * i + 2);
      a.unpark();
    }
  });
  for (uint32_t i = 0; i < rounds; ++i) {
    turn.store_relaxed(2 * i + 1);
    b.unpark();
    while (turn.load_relaxed() != 2 * i + 2) static_cast<void>(a.park(kNeverNs));
  }
  other.join();
  EXPECT_EQ(ball, rounds);
}

}  // namespace
}  // namespace wippy
