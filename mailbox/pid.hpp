// The identity of a process, never reused (rulings S1): generation (40 bits, from 1) | index of its block (24 bits).
#pragma once

#include <cstdint>

namespace wippy {

struct Pid {
  uint64_t value = 0;  // 0: no process
  explicit operator bool() const noexcept { return value != 0; }
  friend bool operator==(Pid a, Pid b) noexcept { return a.value == b.value; }
  friend bool operator<(Pid a, Pid b) noexcept { return a.value < b.value; }
};

inline constexpr uint32_t kPidIndexBits = 24;
inline constexpr uint64_t kPidLastGeneration = (uint64_t{1} << (64 - kPidIndexBits)) - 1;
constexpr uint32_t pid_index(Pid p) noexcept { return static_cast<uint32_t>(p.value & ((1U << kPidIndexBits) - 1)); }
constexpr Pid make_pid(uint64_t generation, uint32_t index) noexcept {
  return Pid{(generation << kPidIndexBits) | index};
}

}  // namespace wippy
