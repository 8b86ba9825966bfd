#include "bench/gate/heap.hpp"

#include <malloc.h>

#include <cerrno>
#include <cstddef>

// glibc's own names for its allocator, meant for exactly this.
extern "C" {
void* __libc_malloc(std::size_t bytes);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t bytes);        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* p, std::size_t bytes);                 // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t bytes);  // NOLINT(bugprone-reserved-identifier)
void __libc_free(void* p);                                        // NOLINT(bugprone-reserved-identifier)
}

namespace wippy::bench {

namespace {

constinit HeapTotals g_heap;

// The release build links jemalloc, whose malloc_usable_size does not know glibc's blocks.
int64_t usable_bytes([[maybe_unused]] void* p) noexcept {
#if defined(WIPPY_SIM)
  return p == nullptr ? 0 : static_cast<int64_t>(malloc_usable_size(p));
#else
  return 0;
#endif
}
void* born(void* p, std::size_t bytes) noexcept {
  ++g_heap.allocations;
  g_heap.bytes += bytes;
  g_heap.live_bytes += usable_bytes(p);
  return p;
}
void dies(void* p) noexcept { g_heap.live_bytes -= usable_bytes(p); }

}  // namespace

const HeapTotals& heap_totals() noexcept { return g_heap; }

}  // namespace wippy::bench

using wippy::bench::born;
using wippy::bench::dies;

extern "C" {
void* malloc(std::size_t bytes) noexcept { return born(__libc_malloc(bytes), bytes); }
void* calloc(std::size_t count, std::size_t bytes) noexcept { return born(__libc_calloc(count, bytes), count * bytes); }
void* realloc(void* p, std::size_t bytes) noexcept {
  dies(p);
  return born(__libc_realloc(p, bytes), bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return born(__libc_memalign(alignment, bytes), bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return born(__libc_memalign(alignment, bytes), bytes);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  *out = born(__libc_memalign(alignment, bytes), bytes);
  return *out == nullptr ? ENOMEM : 0;
}
void free(void* p) noexcept {
  dies(p);
  __libc_free(p);
}
}
