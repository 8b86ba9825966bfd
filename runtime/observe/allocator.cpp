#include "runtime/observe/allocator.hpp"

#include <cstddef>
#if defined(WIPPY_JEMALLOC)
#include <jemalloc/jemalloc.h>
#endif

namespace wippy::observe {

#if defined(WIPPY_JEMALLOC)
namespace {

uint64_t figure(const char* name) noexcept {
  std::size_t value = 0;
  std::size_t size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

AllocatorBytes allocator_bytes() noexcept {
  uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  static_cast<void>(mallctl("epoch", &epoch, &size, &epoch, size));  // the figures of now; refused: those of before
  return {figure("stats.allocated"), figure("stats.active"), figure("stats.mapped"), figure("stats.resident"),
          figure("stats.retained")};
}
#else
AllocatorBytes allocator_bytes() noexcept { return {}; }
#endif

}  // namespace wippy::observe
