// A fiber of the simulation: a stack at a fixed address and what belongs to "the thread" besides it.
// Stacks lie in fixed slots (slot i is at the same address in every program start): Lua takes the address of a local
// variable into its hash seed, and uninitialised stack words are the same bytes again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "memory/this_thread.hpp"

namespace wippy::sim {

inline constexpr uint64_t kNever = ~uint64_t{0};

enum class FiberState : uint8_t {
  kReady,    // may run (the running one included)
  kWaiting,  // for a word, a lock or another fiber, perhaps with a deadline
  kFrozen,   // the "kernel" gave its processor to somebody else until the deadline
  kDone,
};
enum class WaitKind : uint8_t { kWord, kLock, kJoin };

struct Fiber {
  uint64_t id = 0;
  uint32_t slot = 0;
  std::string name;
  FiberState state = FiberState::kReady;
  WaitKind wait_kind = WaitKind::kWord;
  const void* word = nullptr;  // compared for equality only
  uint64_t deadline_ns = kNever;
  uint64_t waiting_since_ns = 0;
  void (*run)(void*) = nullptr;
  void* arg = nullptr;

  // Saved while another fiber runs.
  void* stack_pointer = nullptr;
  ThisThread this_thread{};
  void* exceptions[2] = {};  // the C++ runtime's list of caught exceptions and count of uncaught ones
  int error_number = 0;
};

// Slot 0 is the main fiber's: 8 MiB; the others have 1 MiB. Each has a guard page below. False: the system refused.
bool map_stack(uint32_t slot) noexcept;
// Zero pages again, so that a run does not see what an earlier one left.
void clean_stack(uint32_t slot) noexcept;
inline constexpr uint32_t kMaxFibers = 1024;

// The next switch_fibers() to `f` calls entry(), which never returns, on the stack of f.slot.
void prepare_fiber(Fiber& f, void (*entry)()) noexcept;
// Leaves `from`, continues `to`; returns when somebody switches back. Exchanges everything that is per thread.
void switch_fibers(Fiber& from, Fiber& to) noexcept;

}  // namespace wippy::sim
