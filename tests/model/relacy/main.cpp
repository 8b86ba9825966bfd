// scheduler/deque.hpp and scheduler/parker.hpp under Relacy: random and context-bound schedules. Planted mistakes in copies
// must be found. Prints one line per case and "N passed, N failed".
#include "memory/atomic.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <ostream>
#include <streambuf>
#include <string>

#include "scheduler/deque.hpp"
#include "scheduler/parker.hpp"

namespace wippy {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

// scheduler/parker.cpp's two functions, answered by Relacy's futex.
void futex_wait(Atomic<uint32_t>& word, uint32_t expected, uint64_t deadline_ns) noexcept {
  const rl::debug_info at = at_site(std::source_location::current());
  rl::context& c = rl::ctx();
  c.sched();
  c.atomic_thread_fence_seq_cst();
  uint32_t seen = 0;
  {
    rl::preemption_disabler pd(c);
    seen = word.word().load(rl::mo_acquire, at);
  }
  if (seen == expected) static_cast<void>(word.word().wait(c, deadline_ns != kNeverNs, true, at));
}
void futex_wake_one(Atomic<uint32_t>& word) noexcept {
  rl::context& c = rl::ctx();
  c.sched();
  c.atomic_thread_fence_seq_cst();
  static_cast<void>(word.word().wake(c, 1, at_site(std::source_location::current())));
}

}  // namespace wippy

namespace {
using namespace wippy;

void expect(bool ok, const char* what) {
  if (!ok) rl::ctx().fail_test(what, rl::test_result_user_assert_failed, at_site(std::source_location::current()));
}

struct Item final : Runnable {
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
  RelacyVar<int> payload;
  int id = 0;
  int taken = 0;
};

template <int Items>
struct Book {
  Item item[Items];
  Book() {
    for (int i = 0; i < Items; ++i) item[i].id = i;
  }
  Runnable* submit(int i) {
    item[i].payload.set(i + 10);
    return &item[i];
  }
  void take(Runnable* r) {
    auto* x = static_cast<Item*>(r);
    expect(x->payload.get() == x->id + 10, "payload");
    expect(++x->taken == 1, "item taken twice");
  }
  void all_taken() {
    for (Item& x : item) expect(x.taken == 1, "item lost");
  }
};

// The owner pushes and pops, thieves steal; the buffer grows.
template <uint32_t Capacity, int Thieves>
struct DequeTest : rl::test_suite<DequeTest<Capacity, Thieves>, 1 + Thieves> {
  Book<3> book;
  NewbornDeque<Capacity> deque;
  void thread(unsigned id) {
    if (id == 0) {
      for (int i = 0; i < 3; ++i) expect(deque.push(book.submit(i)), "out of memory");
      while (Runnable* r = deque.pop()) book.take(r);
      return;
    }
    for (int i = 0; i < 2; ++i) {
      if (Runnable* r = deque.steal()) book.take(r);
    }
  }
  void after() { book.all_taken(); }
};

enum class DequeBug { kPushNoRelease, kPopNoFence, kStealNoFence };
template <DequeBug B>
struct BadDeque : rl::test_suite<BadDeque<B>, 2> {
  Book<2> book;
  Atomic<int64_t> top{0}, bottom{0};
  Atomic<Runnable*> cell[4];
  void push(Runnable* r) {
    const int64_t b = bottom.load_relaxed();
    cell[b & 3].store_relaxed(r);
    if (B != DequeBug::kPushNoRelease) fence_release();
    bottom.store_relaxed(b + 1);
  }
  Runnable* pop() {
    const int64_t b = bottom.load_relaxed() - 1;
    bottom.store_relaxed(b);
    if (B != DequeBug::kPopNoFence) fence_seq_cst();
    int64_t t = top.load_relaxed();
    if (t > b) {
      bottom.store_relaxed(b + 1);
      return nullptr;
    }
    Runnable* r = cell[b & 3].load_relaxed();
    if (t == b) {
      if (!top.cas_strong_seq_cst(t, t + 1)) r = nullptr;
      bottom.store_relaxed(b + 1);
    }
    return r;
  }
  Runnable* steal() {
    int64_t t = top.load_acquire();
    if (B != DequeBug::kStealNoFence) fence_seq_cst();
    const int64_t b = bottom.load_acquire();
    if (t >= b) return nullptr;
    Runnable* r = cell[t & 3].load_relaxed();
    return top.cas_strong_seq_cst(t, t + 1) ? r : nullptr;
  }
  void thread(unsigned id) {
    if (id == 0) {
      push(book.submit(0));
      push(book.submit(1));
      if (Runnable* r = pop()) book.take(r);
      if (Runnable* r = pop()) book.take(r);
    } else {
      for (int i = 0; i < 2; ++i) {
        if (Runnable* r = steal()) book.take(r);
      }
    }
  }
  void after() { book.all_taken(); }
};

// Two wakers; the flags are relaxed, the token orders them. A lost token is a deadlock, which Relacy reports.
struct ParkerTest : rl::test_suite<ParkerTest, 3> {
  Parker parker;
  Atomic<int> flag[2];
  void thread(unsigned id) {
    if (id < 2) {
      flag[id].store_relaxed(1);
      return parker.unpark();
    }
    while (flag[0].load_relaxed() == 0 || flag[1].load_relaxed() == 0) static_cast<void>(parker.park(kNeverNs));
  }
};

struct ParkerData : rl::test_suite<ParkerData, 2> {
  Parker parker;
  RelacyVar<int> data;
  void thread(unsigned id) {
    if (id == 0) {
      data.set(5);
      return parker.unpark();
    }
    while (!parker.park(kNeverNs)) {
    }
    expect(data.get() == 5, "data");
  }
};

enum class ParkerBug { kStoreParked, kWakeOnlyIfSeenAsleep, kUnparkRelaxed };
template <ParkerBug B>
struct BadParker : rl::test_suite<BadParker<B>, 2> {
  Atomic<uint32_t> word{0};
  RelacyVar<int> data;
  bool park() {
    uint32_t seen = 0;
    if (B == ParkerBug::kStoreParked) {
      word.store_release(1);
      futex_wait(word, 1, kNeverNs);
    } else if (word.cas_strong_acquire(seen, 1)) {
      futex_wait(word, 1, kNeverNs);
    }
    return word.exchange_acquire(0) == 2;
  }
  void unpark() {
    const bool asleep = B != ParkerBug::kWakeOnlyIfSeenAsleep || word.load_relaxed() == 1;
    const uint32_t before = B == ParkerBug::kUnparkRelaxed ? word.exchange_relaxed(2) : word.exchange_release(2);
    if (asleep && (before == 1 || B == ParkerBug::kWakeOnlyIfSeenAsleep)) futex_wake_one(word);
  }
  void thread(unsigned id) {
    if (id == 0) {
      data.set(5);
      return unpark();
    }
    while (!park()) {
    }
    expect(data.get() == 5, "data");
  }
};

// Relacy replaces operator new, so a growing string stream must not be given to it.
struct Nowhere : std::streambuf {
  int overflow(int c) override { return c; }
};

int g_passed = 0;
int g_failed = 0;

template <class Test>
void run(const char* name, rl::scheduler_type_e how, unsigned bound, rl::iteration_t iterations, bool expect_ok) {
  Nowhere nowhere;
  std::ostream out(&nowhere);
  rl::test_params p;
  p.output_stream = &out;
  p.progress_stream = &out;
  p.search_type = how;
  p.context_bound = bound;
  p.iteration_count = iterations;
  p.execution_depth_limit = 4000;
  const bool ok = rl::simulate<Test>(p);
  const bool passed = ok == expect_ok;
  (passed ? g_passed : g_failed) += 1;
  const char* schedules = how == rl::sched_random ? "random" : (how == rl::sched_bound ? "context bound" : "full");
  std::printf("%-44s %-14s %10llu executions  %-40s%s\n", name, schedules,
              static_cast<unsigned long long>(p.stop_iteration),
              ok ? "no failure" : (std::string("found: ") + rl::test_result_str(p.test_result)).c_str(),
              passed ? "" : "  <-- FAILED");
  std::fflush(stdout);
  if (passed || ok) return;
  rl::test_params again = p;
  again.output_stream = &std::cout;
  again.collect_history = again.output_history = true;
  static_cast<void>(rl::simulate<Test>(again));
}

}  // namespace

int main() {
  using enum rl::scheduler_type_e;
  run<DequeTest<2, 1>>("deque: growing, 1 thief", sched_bound, 2, 400'000, true);
  run<DequeTest<4, 2>>("deque: 2 thieves", sched_random, 0, 60'000, true);
  run<DequeTest<1, 1>>("deque: growing twice, 1 thief", sched_random, 0, 60'000, true);
  run<BadDeque<DequeBug::kPushNoRelease>>("planted: push without release fence", sched_random, 0, 60'000, false);
  run<BadDeque<DequeBug::kPopNoFence>>("planted: pop without SC fence", sched_random, 0, 60'000, false);
  run<BadDeque<DequeBug::kStealNoFence>>("planted: steal without SC fence", sched_random, 0, 60'000, false);
  run<ParkerTest>("parker: 2 wakers", sched_random, 0, 60'000, true);
  run<ParkerTest>("parker: 2 wakers", sched_bound, 2, 400'000, true);
  run<ParkerData>("parker: the token carries the data", sched_bound, 3, 400'000, true);
  run<BadParker<ParkerBug::kStoreParked>>("planted: announce by a store", sched_random, 0, 60'000, false);
  run<BadParker<ParkerBug::kWakeOnlyIfSeenAsleep>>("planted: look before the exchange", sched_random, 0, 60'000, false);
  run<BadParker<ParkerBug::kUnparkRelaxed>>("planted: unpark relaxed", sched_random, 0, 60'000, false);
  std::printf("%d passed, %d failed\n", g_passed, g_failed);
  return g_failed == 0 ? 0 : 1;
}
