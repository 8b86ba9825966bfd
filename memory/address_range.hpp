// Address space for the pools, zero pages committed by touching. Production: wherever the system likes. Simulation: at
// addresses that are the same in every program start, because pointers reach scripts as table keys and Lua's hash seed
// (rulings.md S9).
#pragma once

#include <sys/mman.h>

#include <cstddef>

#include "memory/assert.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif

namespace wippy {

// Owns the range. Dies with a message when the system refuses it. PROT_NONE: mprotect opens it piece by piece.
class AddressRange {
 public:
  AddressRange(std::size_t bytes, int protection) noexcept : bytes_(bytes) {
#if defined(WIPPY_SIM)
    void* p = sim::map_fixed(bytes, protection);
#else
    void* p = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
#endif
    if (p == nullptr || p == MAP_FAILED) die("cannot reserve %zu MiB of address space (ulimit -v?)", bytes >> 20);
    begin_ = static_cast<char*>(p);
  }
  ~AddressRange() { munmap(begin_, bytes_); }
  AddressRange(const AddressRange&) = delete;
  AddressRange& operator=(const AddressRange&) = delete;

  char* begin() const noexcept { return begin_; }

 private:
  char* begin_;
  const std::size_t bytes_;
};

}  // namespace wippy
