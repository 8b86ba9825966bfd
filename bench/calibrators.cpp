// What the machine can do at best, measured in the same rounds as everything else: a figure of ours that doubles while the
// calibrators stay is ours, one that moves with them is the machine's.
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <thread>

#include "bench/harness.hpp"
#include "memory/atomic.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"

namespace wippy::bench {

namespace {

struct Bare {
  struct promise_type {
    Bare get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
  };
  std::coroutine_handle<promise_type> handle;
};

// noinline: the frame must really be allocated.
[[gnu::noinline]] Bare bump(uint64_t& n) {
  ++n;
  co_return;
}

void exchange(benchmark::State& state) {
  Atomic<uint64_t> word{0};
  uint64_t sum = 0;
  uint64_t i = 0;
  for (auto _ : state) sum += word.exchange_acq_rel(++i);  // no partner: the uncontended price
  if (sum != i * (i - 1) / 2) state.SkipWithError("lost an exchange");
}
const MicroCase kExchange("calibrator/exchange", "uncontended atomic exchange", {}, 4'000'000, exchange);

void coroutine(benchmark::State& state) {
  uint64_t n = 0;
  uint64_t expected = 0;
  for (auto _ : state) {
    const Bare b = bump(n);
    b.handle.resume();
    b.handle.destroy();
    ++expected;
  }
  if (n != expected) state.SkipWithError("a coroutine did not run");
}
const MicroCase kCoroutine("calibrator/coroutine", "coroutine create + run + destroy, frame from malloc", {}, 2'000'000,
                           coroutine);

void malloc_pair(benchmark::State& state) {
  for (auto _ : state) {
    void* p = std::malloc(64);
    benchmark::DoNotOptimize(p);
    std::free(p);
  }
}
const MicroCase kMalloc("calibrator/malloc_pair", "malloc + free of 64 bytes", {}, 2'000'000, malloc_pair);

void clock_read(benchmark::State& state) {
  uint64_t last = monotonic_ns();
  for (auto _ : state) {
    const uint64_t now = monotonic_ns();
    if (now < last) state.SkipWithError("the clock went back");
    last = now;
  }
}
const MicroCase kClock("calibrator/clock", "reading of the monotonic clock", {}, 1'000'000, clock_read);

void futex_wake(benchmark::State& state) {
  Atomic<uint32_t> word{0};
  for (auto _ : state) futex_wake_one(word);
}
const MicroCase kFutex("calibrator/futex_wake", "futex wake with nobody waiting", {}, 200'000, futex_wake);

struct alignas(kCacheLine) SharedWord {
  Atomic<uint64_t> value{0};
};

// Spins for the other thread's answer; gives the CPU away when it does not come (both on one CPU, or preempted).
void await(SharedWord& word, uint64_t value) {
  for (uint32_t spins = 0; word.value.load_acquire() != value;) {  // partner: the other side's store_release
    cpu_relax();
    if (++spins % 65536 == 0) std::this_thread::yield();
  }
}

Measured line_round_trip(uint64_t ops) {
  SharedWord word;
  const uint32_t here = usable_cpus().back();
  const uint32_t there = usable_cpus().front();
  std::thread other([&] {
    const PinnedTo pin(there);
    for (uint64_t i = 0; i < ops; ++i) {
      await(word, 2 * i + 1);
      word.value.store_release(2 * i + 2);  // partner: await
    }
  });
  Measured m;
  {
    const PinnedTo pin(here);
    const uint64_t t0 = monotonic_ns();
    for (uint64_t i = 0; i < ops; ++i) {
      word.value.store_release(2 * i + 1);  // partner: await
      await(word, 2 * i + 2);
    }
    m.wall_ns = monotonic_ns() - t0;
  }
  other.join();
  if (word.value.load_relaxed() != 2 * ops) m.error = "a round trip is missing";
  return m;
}
const ScenarioCase kLine("calibrator/line_round_trip", "cache line to another core and back", {},
                         {.ops = 200'000, .smoke_ops = 500, .min_cpus = 2}, line_round_trip);

}  // namespace

}  // namespace wippy::bench
