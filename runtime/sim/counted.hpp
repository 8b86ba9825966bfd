// What the count gate adds up (bench/gate/README.md). A call in the simulation build; nothing in every other.
#pragma once

#include <cstdint>

namespace wippy {

enum class Counted : uint8_t {
  kCasFailed,
  kWake,         // a Parker's unpark
  kSyscall,      // what would be a system call; most are counted by the simulation that replaces them
  kSlab,         // amount: bytes of the item
  kSlabFree,     // the same
  kBlock,        // a process's block
  kBlockFree,    //
  kArena,        // amount: bytes asked for
  kCopy,         // payload bytes copied; amount: bytes
  kSignalTaken,  // out of a mailbox
  kMailLooked,   // an item of a script's mailbox that was looked at to find another's place or owner
  kKinds,
};

#if defined(WIPPY_SIM)
void count(Counted what, uint64_t amount = 1) noexcept;  // runtime/sim/counts.cpp
#else
constexpr void count(Counted, uint64_t = 1) noexcept {}
#endif

}  // namespace wippy
