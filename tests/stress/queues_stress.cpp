// libs: wippy_scheduler
// Exactly once, many takers: every item that goes into a ring, newborn deque, inbox or overflow queue comes out once, and
// with it what its pusher wrote. The taken counter and the value are plain on purpose: TSan and a double take see each other.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "memory/atomic.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/random.hpp"
#include "scheduler/ring.hpp"
#include "stress/scale.hpp"

namespace wippy {
namespace {

constexpr uint32_t kThieves = 4;  // more than this machine has cores: preemption at odd points

struct Job final : Runnable {
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
  uint64_t value = 0;  // written by the pusher
  uint32_t taken = 0;  // written by the taker
  uint32_t pusher = 0;
};

class Jobs {
 public:
  explicit Jobs(uint32_t n) : jobs_(std::make_unique<Job[]>(n)), n_(n) {}
  Runnable* fill(uint32_t i, uint32_t pusher = 0) {
    jobs_[i].value = ~uint64_t{i};
    jobs_[i].pusher = pusher;
    return &jobs_[i];
  }
  // Returns the index.
  uint32_t take(Runnable* r) {
    Job& j = *static_cast<Job*>(r);
    const auto i = static_cast<uint32_t>(&j - jobs_.get());
    if (j.value == ~uint64_t{i}) ++j.taken;
    taken_.fetch_add_relaxed(1);  // a count for the end condition
    return i;
  }
  bool all_taken() const { return taken_.load_relaxed() >= n_; }
  void expect_once() const {
    EXPECT_EQ(taken_.load_relaxed(), n_);
    for (uint32_t i = 0; i < n_; ++i) ASSERT_EQ(jobs_[i].taken, 1u) << "item " << i;
  }
  const Job& operator[](uint32_t i) const { return jobs_[i]; }

 private:
  std::unique_ptr<Job[]> jobs_;
  const uint32_t n_;
  Atomic<uint32_t> taken_{0};
};

void pause_sometimes(Random& random) {
  if (random.below(64) == 0) std::this_thread::yield();
}

template <uint32_t N>
void ring_exactly_once(uint32_t n, uint64_t seed) {
  Jobs jobs(n);
  std::array<RunRing<N>, kThieves + 1> rings;  // 0: the producer's
  std::vector<std::thread> thieves;
  for (uint32_t t = 1; t <= kThieves; ++t) {
    thieves.emplace_back([&, t] {
      Random random(seed + t);
      while (!jobs.all_taken()) {
        pause_sometimes(random);
        while (Runnable* r = rings[t].pop()) jobs.take(r);
        const uint32_t victim = random.below(kThieves + 1);  // thieves are victims, too
        Runnable* first = nullptr;
        if (victim != t && rings[victim].steal_half_into(rings[t], first) > 0) jobs.take(first);
      }
    });
  }
  Random random(seed);
  for (uint32_t i = 0; i < n; ++i) {
    Runnable* r = jobs.fill(i);
    while (!rings[0].push(r)) {
      Runnable* out[RunRing<N>::kHalf];
      for (uint32_t k = rings[0].take_half(out); k-- > 0;) jobs.take(out[k]);
    }
    if (random.below(3) == 0) {
      if (Runnable* own = rings[0].pop()) jobs.take(own);
    }
    pause_sometimes(random);
  }
  while (Runnable* own = rings[0].pop()) jobs.take(own);
  for (std::thread& t : thieves) t.join();
  jobs.expect_once();
}

TEST(StressRing, ExactlyOnce) { ring_exactly_once<256>(stress_scale(2'000'000), 1); }
TEST(StressRing, ExactlyOnceInATinyRing) { ring_exactly_once<4>(stress_scale(1'000'000), 2); }

// Bursts up and down around empty, where owner and thieves fight for the last entry, and through growth.
TEST(StressDeque, ExactlyOnce) {
  for (uint64_t round = 0; round < 4; ++round) {
    const uint32_t n = stress_scale(500'000);
    Jobs jobs(n);
    NewbornDeque<2> deque;
    std::vector<std::thread> thieves;
    for (uint32_t t = 0; t < kThieves; ++t) {
      thieves.emplace_back([&, t] {
        Random random(round * 100 + t);
        while (!jobs.all_taken()) {
          pause_sometimes(random);
          if (Runnable* r = deque.steal()) jobs.take(r);
        }
      });
    }
    Random random(round);
    for (uint32_t i = 0; i < n;) {
      for (uint32_t burst = 1 + random.below(random.below(50) == 0 ? 300 : 3); burst > 0 && i < n; --burst, ++i) {
        ASSERT_TRUE(deque.push(jobs.fill(i)));
      }
      for (uint32_t burst = random.below(4); burst > 0; --burst) {
        Runnable* r = random.below(8) == 0 ? deque.steal() : deque.pop();
        if (r != nullptr) jobs.take(r);
      }
      pause_sometimes(random);
    }
    while (Runnable* r = deque.pop()) jobs.take(r);
    for (std::thread& t : thieves) t.join();
    jobs.expect_once();
  }
}

// Pushers number their items; every taken list must be ascending for each pusher.
TEST(StressInbox, ExactlyOnceAndOrderedForEachPusher) {
  constexpr uint32_t kPushers = 3, kTakers = 2;
  const uint32_t each = stress_scale(400'000);
  Jobs jobs(kPushers * each);
  Inbox inbox;
  Atomic<uint32_t> was_empty{0};
  Atomic<uint32_t> lists{0};
  std::vector<std::thread> threads;
  for (uint32_t p = 0; p < kPushers; ++p) {
    threads.emplace_back([&, p] {
      Random random(p + 1);
      for (uint32_t i = 0; i < each; ++i) {
        if (inbox.push(jobs.fill(p * each + i, p))) was_empty.fetch_add_relaxed(1);  // read at end
        pause_sometimes(random);
      }
    });
  }
  for (uint32_t t = 0; t < kTakers; ++t) {
    threads.emplace_back([&] {
      while (!jobs.all_taken()) {
        RunnableList list = inbox.take_all();
        if (list.first == nullptr) {
          std::this_thread::yield();
          continue;
        }
        lists.fetch_add_relaxed(1);  // read at end
        int64_t last[kPushers] = {-1, -1, -1};
        while (Runnable* r = list.pop()) {
          const uint32_t i = jobs.take(r);
          int64_t& before = last[jobs[i].pusher];
          ASSERT_LT(before, int64_t{i});
          before = i;
        }
        ASSERT_EQ(list.count, 0u);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  jobs.expect_once();
  EXPECT_EQ(was_empty.load_relaxed(), lists.load_relaxed()) << "one pusher owes the wake-up of each list";
}

TEST(StressOverflow, ExactlyOnce) {
  constexpr uint32_t kPushers = 2, kTakers = 2, kBatch = 8;
  const uint32_t each = stress_scale(200'000) / kBatch * kBatch;
  Jobs jobs(kPushers * each);
  OverflowQueue queue;
  std::vector<std::thread> threads;
  for (uint32_t p = 0; p < kPushers; ++p) {
    threads.emplace_back([&, p] {
      for (uint32_t i = 0; i < each; i += kBatch) {
        Runnable* batch[kBatch];
        for (uint32_t k = 0; k < kBatch; ++k) batch[k] = jobs.fill(p * each + i + k);
        queue.push_batch(batch, kBatch);
      }
    });
  }
  for (uint32_t t = 0; t < kTakers; ++t) {
    threads.emplace_back([&] {
      while (!jobs.all_taken()) {
        Runnable* out[16];
        const uint32_t n = queue.pop_batch(out, 16);
        for (uint32_t i = 0; i < n; ++i) jobs.take(out[i]);
        if (n == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  jobs.expect_once();
  EXPECT_EQ(queue.size_estimate(), 0u);
}

}  // namespace
}  // namespace wippy
