// What memory/atomic.hpp becomes in the model build: the same verbs, each one a choice point of the explorer.
//
// sizeof(Atomic<T>) == sizeof(T), as in production, so that layouts asserted there hold here: the modification order lives
// in the explorer, keyed by address. The member holds the initial value only, so an object constructed outside executions
// (a global) starts every execution afresh, and zeroed raw memory is a valid object.
//
// Every verb takes its call site as a default argument: it is what traces print and what the mutation run weakens
// (checker/mutation.hpp). seq_cst read-modify-writes: see checker/world.hpp.
#pragma once

#if defined(WIPPY_RELACY)
#include "model/relacy/relacy_backend.hpp"
#else

#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "model/checker/world.hpp"
#include "runtime/sim/counted.hpp"  // as memory/atomic.hpp

namespace wippy {

template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  using S = std::source_location;
  using O = model::Order;

 public:
  WIPPY_MODEL_UNCHECKED constexpr Atomic() noexcept : v_{} { born(); }
  WIPPY_MODEL_UNCHECKED constexpr explicit Atomic(T v) noexcept : v_(v) { born(); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load_relaxed(S s = S::current()) const noexcept { return load(O::kRelaxed, "load_relaxed", s); }
  T load_acquire(S s = S::current()) const noexcept { return load(O::kAcquire, "load_acquire", s); }
  void store_relaxed(T v, S s = S::current()) noexcept { store(v, O::kRelaxed, "store_relaxed", s); }
  void store_release(T v, S s = S::current()) noexcept { store(v, O::kRelease, "store_release", s); }

  T exchange_relaxed(T v, S s = S::current()) noexcept { return swap(v, O::kRelaxed, "exchange_relaxed", s); }
  T exchange_acquire(T v, S s = S::current()) noexcept { return swap(v, O::kAcquire, "exchange_acquire", s); }
  T exchange_release(T v, S s = S::current()) noexcept { return swap(v, O::kRelease, "exchange_release", s); }
  T exchange_acq_rel(T v, S s = S::current()) noexcept { return swap(v, O::kAcqRel, "exchange_acq_rel", s); }

  bool cas_strong_relaxed(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, false, O::kRelaxed, O::kRelaxed, "cas_strong_relaxed", s);
  }
  bool cas_strong_acquire(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, false, O::kAcquire, O::kAcquire, "cas_strong_acquire", s);
  }
  bool cas_strong_acq_rel(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, false, O::kAcqRel, O::kAcquire, "cas_strong_acq_rel", s);
  }
  bool cas_strong_seq_cst(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, false, O::kAcqRel, O::kRelaxed, "cas_strong_seq_cst", s);
  }
  bool cas_weak_release(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, true, O::kRelease, O::kRelaxed, "cas_weak_release", s);
  }
  bool cas_weak_acq_rel(T& e, T d, S s = S::current()) noexcept {
    return cas(e, d, true, O::kAcqRel, O::kAcquire, "cas_weak_acq_rel", s);
  }

  T fetch_add_relaxed(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kAdd, d, O::kRelaxed, "fetch_add_relaxed", s);
  }
  T fetch_add_release(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kAdd, d, O::kRelease, "fetch_add_release", s);
  }
  T fetch_add_acq_rel(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kAdd, d, O::kAcqRel, "fetch_add_acq_rel", s);
  }
  T fetch_add_seq_cst(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kAdd, d, O::kAcqRel, "fetch_add_seq_cst", s);
  }
  T fetch_sub_relaxed(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kSub, d, O::kRelaxed, "fetch_sub_relaxed", s);
  }
  T fetch_sub_acq_rel(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kSub, d, O::kAcqRel, "fetch_sub_acq_rel", s);
  }
  T fetch_sub_seq_cst(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kSub, d, O::kAcqRel, "fetch_sub_seq_cst", s);
  }
  T fetch_or_acq_rel(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kOr, d, O::kAcqRel, "fetch_or_acq_rel", s);
  }
  T fetch_and_acq_rel(T d, S s = S::current()) noexcept {
    return rmw(model::Rmw::kAnd, d, O::kAcqRel, "fetch_and_acq_rel", s);
  }

  // For futex words only: what the modelled kernel waits on.
  void* address() noexcept { return &v_; }

 private:
  static constexpr uint64_t kMask = sizeof(T) == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * (sizeof(T) % 8))) - 1;
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images below take the low bytes");

  WIPPY_MODEL_UNCHECKED static uint64_t image(T v) noexcept {
    uint64_t x = 0;
    std::memcpy(&x, &v, sizeof(T));
    return x;
  }
  WIPPY_MODEL_UNCHECKED static T value(uint64_t x) noexcept {
    T v;
    std::memcpy(&v, &x, sizeof(T));
    return v;
  }
  constexpr void born() noexcept {
    if (!std::is_constant_evaluated()) model::atomic_constructed(&v_);
  }

  WIPPY_MODEL_UNCHECKED T load(O o, const char* verb, S s) const noexcept {
    if (!model::executing()) return v_;
    return value(model::atomic_load(&v_, image(v_), o, verb, s));
  }
  WIPPY_MODEL_UNCHECKED void store(T v, O o, const char* verb, S s) noexcept {
    if (!model::executing()) {
      v_ = v;
      return;
    }
    model::atomic_store(&v_, image(v_), image(v), o, verb, s);
  }
  T swap(T v, O o, const char* verb, S s) noexcept { return rmw(model::Rmw::kExchange, v, o, verb, s); }
  WIPPY_MODEL_UNCHECKED T rmw(model::Rmw op, T d, O o, const char* verb, S s) noexcept {
    if (!model::executing()) {
      const T old = v_;
      v_ = value(model::apply(op, image(old), image(d), kMask));
      return old;
    }
    return value(model::atomic_rmw(&v_, image(v_), op, image(d), kMask, o, verb, s));
  }
  WIPPY_MODEL_UNCHECKED bool cas(T& e, T d, bool weak, O success, O failure, const char* verb, S s) noexcept {
    if (!model::executing()) {
      if (image(v_) == image(e)) {
        v_ = d;
        return true;
      }
      e = v_;
      return false;
    }
    uint64_t expected = image(e);
    const bool done = model::atomic_cas(&v_, image(v_), expected, image(d), weak, success, failure, verb, s);
    e = value(expected);
    return done;
  }

  T v_;
};

inline void fence_seq_cst(std::source_location s = std::source_location::current()) noexcept {
  model::atomic_fence(model::kFenceSc, "fence_seq_cst", s);
}
inline void fence_acquire(std::source_location s = std::source_location::current()) noexcept {
  model::atomic_fence(model::kAcquire, "fence_acquire", s);
}
inline void fence_release(std::source_location s = std::source_location::current()) noexcept {
  model::atomic_fence(model::kRelease, "fence_release", s);
}
// A full SC fence (rulings.md S4), or no instruction at all when the case says Options::asymmetric.
inline void fence_light(std::source_location s = std::source_location::current()) noexcept { model::light_fence(s); }
// One thread against its own signal handler: nothing between threads.
inline void fence_signal() noexcept {}
// "Whatever I look at did not change": the thread goes on when another thread has written (checker/world.hpp).
inline void cpu_relax(std::source_location s = std::source_location::current()) noexcept { model::relax(s); }

}  // namespace wippy

#endif  // WIPPY_RELACY
