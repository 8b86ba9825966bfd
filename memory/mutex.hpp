// The lock of cold paths; never taken on a message, spawn or wake path. Simulation: fibers share one OS thread, so a blocked
// fiber must let the owner run; the lock is then a flag, and a fiber that waits for it shows in the deadlock report.
#pragma once

#include <mutex>

#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif

namespace wippy {

#if defined(WIPPY_SIM)
class Mutex {
 public:
  void lock() noexcept {
    sim::switch_point();
    while (held_) sim::wait_for_lock(this);
    held_ = true;
  }
  void unlock() noexcept {
    held_ = false;
    sim::unlocked(this);
  }

 private:
  bool held_ = false;
};
#else
using Mutex = std::mutex;
#endif
using LockGuard = std::lock_guard<Mutex>;

}  // namespace wippy
