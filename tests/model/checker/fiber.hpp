// Fibers of the explorer: every modelled thread is one, on one OS thread.
//
// x86-64 switches with a dozen instructions of its own (swapcontext makes two system calls per switch, and an exhaustive
// run makes tens of millions); other targets use ucontext. Stacks are mapped once, side by side with guard pages, and reused.
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
  // True when the address lies on the stack of some fiber.
  static bool on_any_stack(const void* address) noexcept {
    return static_cast<const char*>(address) >= lowest_ && static_cast<const char*>(address) < highest_;
  }

 private:
  static char* take_stack();

  void* sp_ = nullptr;     // x86-64: saved stack pointer; else: ucontext_t*
  char* stack_ = nullptr;  // lowest usable byte; null for the main context
  static char* lowest_;    // of all stacks
  static char* highest_;
};

}  // namespace wippy::model
