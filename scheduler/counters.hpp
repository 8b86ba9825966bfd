// What a worker counts. One writer (the worker), any reader: plain increments of relaxed atomics, no read-modify-writes.
// A new counter is one line of the list; its field, its total and its place in scheduler_line() follow.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"

#define WIPPY_WORKER_COUNTERS(X)                         \
  X(steps)          /* Runnables run */                  \
  X(slot_hits)      /* … taken from the run slot */    \
  X(inbox_takes)    /* … that came through an inbox */ \
  X(overflow_takes) /* … through the overflow queue */ \
  X(overflows)      /* a full ring gave half away */     \
  X(steal_attempts) /* searches begun */                 \
  X(steals)         /* successful batches */             \
  X(stolen)         /* Runnables stolen */               \
  X(remote_stolen)  /* … from another NUMA node */     \
  X(parks)          /* the thread went to sleep */       \
  X(wakes_sent)     /* sleepers this worker woke */      \
  X(timers_fired)

namespace wippy {

class Counter {
 public:
  void add(uint64_t n = 1) noexcept { v_.store_relaxed(v_.load_relaxed() + n); }  // one writer: no partner needed
  uint64_t read() const noexcept { return v_.load_relaxed(); }

 private:
  Atomic<uint64_t> v_{0};
};

#define WIPPY_COUNT(name) T name{};
#define WIPPY_FIELD(name) {#name, &WorkerCounters::name, &CounterTotals::name},
template <class T>
struct CountersOf {
  WIPPY_WORKER_COUNTERS(WIPPY_COUNT)
};
using WorkerCounters = CountersOf<Counter>;
using CounterTotals = CountersOf<uint64_t>;
struct CounterField {
  const char* name;
  Counter WorkerCounters::*live;
  uint64_t CounterTotals::*total;
};
inline constexpr CounterField kCounterFields[] = {WIPPY_WORKER_COUNTERS(WIPPY_FIELD)};

}  // namespace wippy
