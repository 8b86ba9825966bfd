// The only place that names std::atomic and memory orders.
//
// Why orders are verbs: `x.store_release(v)` can be reviewed on its own line and a default (seq_cst) access cannot be
// written by accident. Every call site names its partner in a comment.
//
// Three builds of the same sources:
//   production    the verbs below are std::atomic with exactly the named order.
//   WIPPY_MODEL   the whole header is replaced by the model checker's atomics (tests/model/checker/atomic_backend.hpp, found
//                 through the build's include path): every verb is a choice point of the exhaustive explorer.
//   WIPPY_SIM     every verb first calls sim::switch_point(), where the simulation may run another virtual worker.
//
// What TSan cannot see: g++ 12's ThreadSanitizer does not model atomic_thread_fence. Under TSan the fences are seq_cst
// read-modify-writes of one process-wide word: that orders fence with fence (and may hide a race), but not a release fence
// before a relaxed store with a plain acquire load; such stores are release stores in TSan builds (scheduler/deque.hpp).
// What nobody sees but the model suites: fence_light(), which is free here and pairs with membarrier (memory/grace.cpp).
#pragma once

#if defined(WIPPY_MODEL)
#include "model/checker/atomic_backend.hpp"
#else

#include <atomic>
#include <cstdint>

#include "memory/counted.hpp"

#if defined(WIPPY_SIM)
#include "memory/sim_hooks.hpp"
#define WIPPY_SWITCH_POINT() ::wippy::sim::switch_point()
#else
#define WIPPY_SWITCH_POINT() static_cast<void>(0)
#endif

namespace wippy {

// T: trivially copyable, at most 8 bytes, lock-free on every supported target. Not copyable. Any thread may call any verb.
template <class T>
class Atomic {
  static_assert(std::atomic<T>::is_always_lock_free);

 public:
  constexpr Atomic() noexcept : v_{} {}
  constexpr explicit Atomic(T v) noexcept : v_(v) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load_relaxed() const noexcept { return at(), v_.load(std::memory_order_relaxed); }
  T load_acquire() const noexcept { return at(), v_.load(std::memory_order_acquire); }
  void store_relaxed(T v) noexcept { at(), v_.store(v, std::memory_order_relaxed); }
  void store_release(T v) noexcept { at(), v_.store(v, std::memory_order_release); }

  T exchange_relaxed(T v) noexcept { return at(), v_.exchange(v, std::memory_order_relaxed); }
  T exchange_acquire(T v) noexcept { return at(), v_.exchange(v, std::memory_order_acquire); }
  T exchange_release(T v) noexcept { return at(), v_.exchange(v, std::memory_order_release); }
  T exchange_acq_rel(T v) noexcept { return at(), v_.exchange(v, std::memory_order_acq_rel); }

  // On failure `expected` receives the current value, read with the acquire half of the named order (relaxed otherwise).
  bool cas_strong_relaxed(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_strong(expected, desired, std::memory_order_relaxed, std::memory_order_relaxed));
  }
  bool cas_strong_acquire(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_strong(expected, desired, std::memory_order_acquire, std::memory_order_acquire));
  }
  bool cas_strong_acq_rel(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_strong(expected, desired, std::memory_order_acq_rel, std::memory_order_acquire));
  }
  bool cas_strong_seq_cst(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_strong(expected, desired, std::memory_order_seq_cst, std::memory_order_relaxed));
  }
  bool cas_weak_release(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_weak(expected, desired, std::memory_order_release, std::memory_order_relaxed));
  }
  bool cas_weak_acq_rel(T& expected, T desired) noexcept {
    return at(),
           swapped(v_.compare_exchange_weak(expected, desired, std::memory_order_acq_rel, std::memory_order_acquire));
  }

  T fetch_add_relaxed(T d) noexcept { return at(), v_.fetch_add(d, std::memory_order_relaxed); }
  T fetch_add_release(T d) noexcept { return at(), v_.fetch_add(d, std::memory_order_release); }
  T fetch_add_acq_rel(T d) noexcept { return at(), v_.fetch_add(d, std::memory_order_acq_rel); }
  T fetch_add_seq_cst(T d) noexcept { return at(), v_.fetch_add(d, std::memory_order_seq_cst); }
  T fetch_sub_relaxed(T d) noexcept { return at(), v_.fetch_sub(d, std::memory_order_relaxed); }
  T fetch_sub_acq_rel(T d) noexcept { return at(), v_.fetch_sub(d, std::memory_order_acq_rel); }
  T fetch_sub_seq_cst(T d) noexcept { return at(), v_.fetch_sub(d, std::memory_order_seq_cst); }
  T fetch_or_acq_rel(T d) noexcept { return at(), v_.fetch_or(d, std::memory_order_acq_rel); }
  T fetch_and_acq_rel(T d) noexcept { return at(), v_.fetch_and(d, std::memory_order_acq_rel); }

  // For futex words only: the address the kernel waits on.
  void* address() noexcept { return &v_; }

 private:
  static void at() noexcept { WIPPY_SWITCH_POINT(); }
  static bool swapped(bool done) noexcept {
    if (!done) count(Counted::kCasFailed);
    return done;
  }
  std::atomic<T> v_;
};

#if defined(__SANITIZE_THREAD__)
inline std::atomic<uint64_t> g_tsan_fence_word{0};
inline void fence_seq_cst() noexcept { g_tsan_fence_word.fetch_add(1, std::memory_order_seq_cst); }
inline void fence_acquire() noexcept { g_tsan_fence_word.fetch_add(0, std::memory_order_acq_rel); }
inline void fence_release() noexcept { g_tsan_fence_word.fetch_add(0, std::memory_order_acq_rel); }
inline void fence_light() noexcept { fence_seq_cst(); }
#else
inline void fence_seq_cst() noexcept {
  WIPPY_SWITCH_POINT();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}
inline void fence_acquire() noexcept { std::atomic_thread_fence(std::memory_order_acquire); }
inline void fence_release() noexcept { std::atomic_thread_fence(std::memory_order_release); }
// The cheap side of an asymmetric fence: only the compiler is held back. Its partner is membarrier() in
// memory/grace.cpp; the model and TSan builds use a full fence on both sides instead.
inline void fence_light() noexcept {
  WIPPY_SWITCH_POINT();
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
#endif

// Orders a thread against its own signal handler (lua/preempt.cpp); no instruction.
inline void fence_signal() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

// A polite pause in a spin loop. In simulation it is a switch point, so that a spin loop ends.
inline void cpu_relax() noexcept {
  WIPPY_SWITCH_POINT();
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace wippy

#endif  // WIPPY_MODEL
