#include "runtime/sim/fixed_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

#include "runtime/sim/counted.hpp"
#include "runtime/sim/hooks.hpp"

namespace wippy::sim {

namespace {
constexpr uintptr_t kStackArea = 0x2000'0000'0000;
constexpr uintptr_t kRangeArea = 0x3000'0000'0000;
constexpr std::size_t kGapBytes = std::size_t{1} << 30;  // a stray access past a range hits nothing
uintptr_t g_next = kRangeArea;
}  // namespace

bool map_at(char* begin, std::size_t bytes, int protection) noexcept {
  void* p = mmap(begin, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (p == begin) return true;
  if (p != MAP_FAILED) munmap(p, bytes);  // a kernel before 4.17 takes the address as a hint
  return false;
}

char* stack_area() noexcept { return reinterpret_cast<char*>(kStackArea); }

void reset_fixed_pages() noexcept {
  if (g_next != kRangeArea) munmap(reinterpret_cast<void*>(kRangeArea), g_next - kRangeArea);
  g_next = kRangeArea;
}

void* map_fixed(std::size_t bytes, int protection) noexcept {
  count(Counted::kSyscall);
  char* const begin = reinterpret_cast<char*>(g_next);
  if (!map_at(begin, bytes, protection)) return nullptr;
  g_next += (bytes + 2 * kGapBytes - 1) / kGapBytes * kGapBytes;
  return begin;
}

}  // namespace wippy::sim
