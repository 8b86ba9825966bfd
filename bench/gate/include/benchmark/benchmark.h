// Stands in for Google Benchmark when the cases of bench/ are built for the gate: the same loop, but what begins and ends
// with it is a region whose instructions are counted, not timed. Only what the cases use.
#pragma once

#include <cstdint>
#include <string>

#include "bench/gate/region.hpp"

namespace benchmark {

using IterationCount = int64_t;

class State {
 public:
  explicit State(IterationCount iterations) noexcept : wanted_(iterations) {}

  struct [[maybe_unused]] Value {};
  class Iterator {
   public:
    Iterator() = default;
    explicit Iterator(State* state) noexcept : left_(state->wanted_), state_(state) {}
    Value operator*() const noexcept { return {}; }
    Iterator& operator++() noexcept {
      --left_;
      return *this;
    }
    bool operator!=(const Iterator&) const noexcept {
      if (__builtin_expect(left_ != 0, 1)) return true;
      state_->finish(state_->wanted_);
      return false;
    }

   private:
    IterationCount left_ = 0;
    State* state_ = nullptr;
  };
  Iterator begin() noexcept {
    wippy::bench::region_begins();
    return Iterator(this);
  }
  Iterator end() noexcept { return {}; }

  bool KeepRunningBatch(IterationCount n) noexcept {
    if (__builtin_expect(batched_ == 0, 0)) wippy::bench::region_begins();
    if (__builtin_expect(batched_ >= wanted_, 0)) {
      finish(batched_);
      return false;
    }
    batched_ += n;
    return true;
  }
  void SkipWithError(const char* why) { error_ = why; }
  IterationCount iterations() const noexcept { return done_; }
  const std::string& error() const noexcept { return error_; }

 private:
  void finish(IterationCount done) noexcept {
    wippy::bench::region_ends();
    done_ = done;
  }
  const IterationCount wanted_;
  IterationCount batched_ = 0;
  IterationCount done_ = 0;
  std::string error_;
};

// The compiler must have `value` in memory or a register here, and must not assume it unchanged.
template <class T>
inline void DoNotOptimize(T&& value) noexcept {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace benchmark
