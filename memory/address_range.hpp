// Reserving address space for the pools. Production: wherever the system likes. Simulation: at addresses that are the same
// in every program start, because pointers reach scripts as table keys and Lua's hash seed (rulings.md S9).
#pragma once

#include <sys/mman.h>

#include <cstddef>

#if defined(WIPPY_SIM)
#include "memory/sim_hooks.hpp"
#endif

namespace wippy {

// Zero pages, committed by touching (or by mprotect when `protection` is PROT_NONE); null when the system refuses. The
// caller owns the range and gives it back with munmap.
inline char* map_range(std::size_t bytes, int protection) noexcept {
#if defined(WIPPY_SIM)
  return static_cast<char*>(sim::map_fixed(bytes, protection));
#else
  void* p = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<char*>(p);
#endif
}

}  // namespace wippy
