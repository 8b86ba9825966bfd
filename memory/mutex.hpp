// The lock of cold paths. Production: std::mutex. Simulation: fibers share one OS thread, so a blocked fiber must let the
// owner run; the lock is then a flag, and a fiber that waits for it shows in the deadlock report. Never taken on a message,
// spawn or wake path.
#pragma once

#if defined(WIPPY_SIM)
#include "memory/sim_hooks.hpp"
#else
#include <mutex>
#endif

namespace wippy {

class Mutex {
 public:
#if defined(WIPPY_SIM)
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
#else
  void lock() { m_.lock(); }
  void unlock() { m_.unlock(); }

 private:
  std::mutex m_;
#endif
};

class [[nodiscard]] LockGuard {
 public:
  explicit LockGuard(Mutex& m) : m_(m) { m_.lock(); }
  ~LockGuard() { m_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Mutex& m_;
};

}  // namespace wippy
