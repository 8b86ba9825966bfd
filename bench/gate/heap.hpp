// What goes through malloc: heap.cpp defines malloc and its relatives for the whole program, libraries included.
#pragma once

#include <cstdint>

namespace wippy::bench {

struct HeapTotals {
  uint64_t allocations = 0;  // malloc, calloc, aligned ones, and each realloc
  uint64_t bytes = 0;        // asked for
  int64_t live_bytes = 0;    // usable sizes, not freed; simulation build only
};
// Plain words: the programs of the gate have one OS thread.
const HeapTotals& heap_totals() noexcept;

}  // namespace wippy::bench
