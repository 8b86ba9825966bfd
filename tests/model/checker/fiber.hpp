// Fibers of the explorer: every modelled thread is one, on one OS thread.
//
// x86-64 switches with a dozen instructions of its own (swapcontext makes two system calls per switch, and an exhaustive
// run makes tens of millions); other targets use ucontext. Stacks are mapped once, with a guard page, and reused.
#pragma once

#include <cstddef>

namespace wippy::model {

class Fiber {
 public:
  static constexpr std::size_t kStackBytes = std::size_t{128} * 1024;

  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Makes the fiber start at entry() the next time it is switched to. entry must never return.
  void prepare(void (*entry)());
  // Saves the running context in *this and continues `to`.
  void switch_to(Fiber& to) noexcept;
  // True when the address lies on this fiber's stack.
  bool owns(const void* address) const noexcept;

 private:
  void* sp_ = nullptr;     // x86-64: saved stack pointer; else: ucontext_t*
  char* stack_ = nullptr;  // lowest usable byte; null for the main context
};

}  // namespace wippy::model
