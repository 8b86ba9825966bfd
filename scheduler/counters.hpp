// What a worker counts. One writer (the worker), any reader; plain increments of relaxed atomics, no read-modify-writes.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"

namespace wippy {

class Counter {
 public:
  void add(uint64_t n = 1) noexcept { v_.store_relaxed(v_.load_relaxed() + n); }  // one writer: no partner needed
  uint64_t read() const noexcept { return v_.load_relaxed(); }

 private:
  Atomic<uint64_t> v_{0};
};

struct WorkerCounters {
  Counter steps;           // Runnables run
  Counter slot_hits;       // … taken from the run slot
  Counter inbox_takes;     // Runnables that came through an inbox
  Counter overflow_takes;  // … through the host's overflow queue
  Counter overflows;       // times a full ring gave half away
  Counter steal_attempts;  // searches begun
  Counter steals;          // successful batches
  Counter stolen;          // Runnables stolen
  Counter remote_stolen;   // … from another NUMA node
  Counter parks;           // times the thread went to sleep
  Counter wakes_sent;      // sleepers this worker woke
  Counter timers_fired;
};

struct CounterTotals {
  uint64_t steps = 0, slot_hits = 0, inbox_takes = 0, overflow_takes = 0, overflows = 0, steal_attempts = 0, steals = 0,
           stolen = 0, remote_stolen = 0, parks = 0, wakes_sent = 0, timers_fired = 0;
};

}  // namespace wippy
