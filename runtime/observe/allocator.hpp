// What the allocator holds, for people. Any thread.
#pragma once

#include <cstdint>

namespace wippy::observe {

struct AllocatorBytes {
  uint64_t allocated = 0;  // asked for and not freed
  uint64_t active = 0;     // pages with something of it
  uint64_t mapped = 0;
  uint64_t resident = 0;
  uint64_t retained = 0;  // given back to the system, addresses kept
};
// All zero without jemalloc.
AllocatorBytes allocator_bytes() noexcept;

}  // namespace wippy::observe
