// What memory/atomic.hpp becomes in the Relacy build: the verbs over rl::atomic. A second opinion on deque and parker by an
// independent checker (D. Vyukov's Relacy Race Detector, Debian package relacy-dev); our own explorer gates.
#pragma once

#include <cstdint>
#include <new>
#include <source_location>
#include <type_traits>

#include <relacy/relacy.hpp>

// Relacy redefines these as macros for code that is written against it; ours is not.
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst

namespace wippy {

inline rl::debug_info at_site(const std::source_location& s) {
  return rl::debug_info(s.function_name(), s.file_name(), static_cast<unsigned>(s.line()));
}

template <class T>
class Atomic {
  using S = std::source_location;

 public:
  Atomic() : v_(T{}) {}
  explicit Atomic(T v) : v_(v) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load_relaxed(S s = S::current()) const { return v_.load(rl::mo_relaxed, at_site(s)); }
  T load_acquire(S s = S::current()) const { return v_.load(rl::mo_acquire, at_site(s)); }
  void store_relaxed(T v, S s = S::current()) { v_.store(v, rl::mo_relaxed, at_site(s)); }
  void store_release(T v, S s = S::current()) { v_.store(v, rl::mo_release, at_site(s)); }

  T exchange_relaxed(T v, S s = S::current()) { return swap(v, rl::mo_relaxed, s); }
  T exchange_acquire(T v, S s = S::current()) { return swap(v, rl::mo_acquire, s); }
  T exchange_release(T v, S s = S::current()) { return swap(v, rl::mo_release, s); }
  T exchange_acq_rel(T v, S s = S::current()) { return swap(v, rl::mo_acq_rel, s); }

  bool cas_strong_relaxed(T& e, T d, S s = S::current()) { return cas(e, d, rl::mo_relaxed, rl::mo_relaxed, s); }
  bool cas_strong_acquire(T& e, T d, S s = S::current()) { return cas(e, d, rl::mo_acquire, rl::mo_acquire, s); }
  bool cas_strong_acq_rel(T& e, T d, S s = S::current()) { return cas(e, d, rl::mo_acq_rel, rl::mo_acquire, s); }
  bool cas_strong_seq_cst(T& e, T d, S s = S::current()) { return cas(e, d, rl::mo_seq_cst, rl::mo_relaxed, s); }

  // What the modelled kernel waits on.
  rl::atomic<T>& word() noexcept { return v_; }

 private:
  T swap(T v, rl::memory_order o, const S& s) { return v_.exchange(v, o, at_site(s)); }
  bool cas(T& e, T d, rl::memory_order success, rl::memory_order failure, const S& s) {
    return v_.compare_exchange(rl::bool_t<false>(), e, d, success, failure, at_site(s));
  }
  rl::atomic<T> v_;
};

inline void fence_seq_cst(std::source_location s = std::source_location::current()) {
  rl::atomic_thread_fence(rl::mo_seq_cst, at_site(s));
}
inline void fence_acquire(std::source_location s = std::source_location::current()) {
  rl::atomic_thread_fence(rl::mo_acquire, at_site(s));
}
inline void fence_release(std::source_location s = std::source_location::current()) {
  rl::atomic_thread_fence(rl::mo_release, at_site(s));
}

// A plain variable that Relacy race-checks.
template <class T>
class RelacyVar {
 public:
  void set(T v, std::source_location s = std::source_location::current()) { v_(at_site(s)) = v; }
  T get(std::source_location s = std::source_location::current()) const { return v_(at_site(s)); }

 private:
  rl::var<T> v_;
};

}  // namespace wippy
