// The only place that names std::atomic and memory orders. Orders are verbs: `x.store_release(v)` can be reviewed on its own
// line, and a default (seq_cst) access cannot be written by accident. Every call site names its partner in a comment.
//   production    the verbs below are std::atomic with exactly the named order.
//   WIPPY_MODEL   the model checker's atomics (tests/model/checker/atomic_backend.hpp): each verb is a choice point.
//   WIPPY_SIM     every verb first calls sim::switch_point(), where another virtual worker may run.
// What TSan cannot see: g++ 12's does not model atomic_thread_fence. Under TSan the fences are seq_cst read-modify-writes of
// one word: that orders fence with fence (and may hide a race), but not a release fence before a relaxed store with a plain
// acquire load; such stores are release stores there (scheduler/deque.hpp). What only the model suites see: fence_light().
#pragma once

#if defined(WIPPY_MODEL)
#include "model/checker/atomic_backend.hpp"
#else

#include <atomic>
#include <cstdint>

#include "runtime/sim/counted.hpp"

#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#define WIPPY_SWITCH_POINT() ::wippy::sim::switch_point()
#else
#define WIPPY_SWITCH_POINT() static_cast<void>(0)
#endif

namespace wippy {

// T: trivially copyable, at most 8 bytes, lock-free on every supported target. Not copyable. Any thread may call any verb.
// A CAS that fails puts the current value into `e`, read with the acquire half of the named order (relaxed otherwise).
template <class T>
class Atomic {
  static_assert(std::atomic<T>::is_always_lock_free);
  using O = std::memory_order;

 public:
  constexpr Atomic() noexcept : v_{} {}
  constexpr explicit Atomic(T v) noexcept : v_(v) {}

  T load_relaxed() const noexcept { return at().load(O::relaxed); }
  T load_acquire() const noexcept { return at().load(O::acquire); }
  void store_relaxed(T v) noexcept { at().store(v, O::relaxed); }
  void store_release(T v) noexcept { at().store(v, O::release); }
  T exchange_acquire(T v) noexcept { return at().exchange(v, O::acquire); }
  T exchange_release(T v) noexcept { return at().exchange(v, O::release); }
  T exchange_acq_rel(T v) noexcept { return at().exchange(v, O::acq_rel); }
  bool cas_strong_relaxed(T& e, T d) noexcept {
    return seen(at().compare_exchange_strong(e, d, O::relaxed, O::relaxed));
  }
  bool cas_strong_acquire(T& e, T d) noexcept {
    return seen(at().compare_exchange_strong(e, d, O::acquire, O::acquire));
  }
  bool cas_strong_acq_rel(T& e, T d) noexcept {
    return seen(at().compare_exchange_strong(e, d, O::acq_rel, O::acquire));
  }
  bool cas_strong_seq_cst(T& e, T d) noexcept {
    return seen(at().compare_exchange_strong(e, d, O::seq_cst, O::relaxed));
  }
  bool cas_weak_release(T& e, T d) noexcept { return seen(at().compare_exchange_weak(e, d, O::release, O::relaxed)); }
  bool cas_weak_acq_rel(T& e, T d) noexcept { return seen(at().compare_exchange_weak(e, d, O::acq_rel, O::acquire)); }
  T fetch_add_relaxed(T d) noexcept { return at().fetch_add(d, O::relaxed); }
  T fetch_add_acq_rel(T d) noexcept { return at().fetch_add(d, O::acq_rel); }
  T fetch_sub_relaxed(T d) noexcept { return at().fetch_sub(d, O::relaxed); }
  T fetch_sub_acq_rel(T d) noexcept { return at().fetch_sub(d, O::acq_rel); }
  T fetch_or_acq_rel(T d) noexcept { return at().fetch_or(d, O::acq_rel); }
  T fetch_and_acq_rel(T d) noexcept { return at().fetch_and(d, O::acq_rel); }
  void* address() noexcept { return &v_; }  // for futex words only: where the kernel waits

 private:
  static bool seen(bool swapped) noexcept { return swapped || (count(Counted::kCasFailed), false); }
  std::atomic<T>& at() const noexcept { return WIPPY_SWITCH_POINT(), v_; }
  mutable std::atomic<T> v_;
};

#if defined(__SANITIZE_THREAD__)
inline std::atomic<uint64_t> g_tsan_fence_word{0};
inline void fence_seq_cst() noexcept { g_tsan_fence_word.fetch_add(1, std::memory_order_seq_cst); }
inline void fence_release() noexcept { g_tsan_fence_word.fetch_add(0, std::memory_order_acq_rel); }
inline void fence_light() noexcept { fence_seq_cst(); }
#else
inline void fence_seq_cst() noexcept { WIPPY_SWITCH_POINT(), std::atomic_thread_fence(std::memory_order_seq_cst); }
inline void fence_release() noexcept { std::atomic_thread_fence(std::memory_order_release); }
// The cheap side of an asymmetric fence: only the compiler is held back. Partner: membarrier() in memory/grace.cpp. The
// model and TSan builds use a full fence on both sides.
inline void fence_light() noexcept { WIPPY_SWITCH_POINT(), std::atomic_signal_fence(std::memory_order_seq_cst); }
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
