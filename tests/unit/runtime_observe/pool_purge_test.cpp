// Unused pages go back to the system, pages in use stay, and no item is lost or handed out twice.
#include "runtime/observe/pool_purge.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace wippy {
namespace {

std::vector<void*> take(ThreadMemory& m, uint32_t c, std::size_t n) {
  std::vector<void*> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(m.allocate(c));
  return out;
}

TEST(PoolPurge, GivesWholeFreePagesBackAndLosesNoItem) {
  MemoryPools pools(1, nullptr, std::size_t{256} << 20);
  const std::vector<uint32_t> classes = {0, 4, 8};
  std::vector<std::set<void*>> known(kSlabClasses);
  void* kept = nullptr;
  {
    ThreadMemory m(pools, 0, ReaderKind::kOutside);
    kept = m.allocate(8);
    std::memset(kept, 0x55, slab_class_bytes(8));
    for (const uint32_t c : classes) {
      const std::vector<void*> items = take(m, c, std::size_t{slab_rounds(c)} * 20);
      for (void* p : items) std::memset(p, 0x55, slab_class_bytes(c));
      known[c].insert(items.begin(), items.end());
      for (void* p : items) m.free(p, c);
    }
  }
  const uint64_t carved = pools.carved_bytes();
  const PurgedPools purged = PoolPurge::run(pools);
  EXPECT_LE(purged.free_bytes, carved - slab_class_bytes(8));
  EXPECT_GT(purged.free_bytes, carved - (std::size_t{256} << 10)) << "nobody has anything but the one that is kept";
  EXPECT_GT(purged.released_bytes, purged.free_bytes / 2);
  EXPECT_LE(purged.released_bytes, purged.free_bytes);
  for (std::size_t i = 0; i < slab_class_bytes(8); ++i) ASSERT_EQ(static_cast<char*>(kept)[i], 0x55) << "a page in use";
  ThreadMemory next(pools, 0, ReaderKind::kOutside);
  uint64_t zeroes = 0;
  for (const uint32_t c : classes) {
    const std::vector<void*> again = take(next, c, known[c].size());
    ASSERT_EQ(std::set<void*>(again.begin(), again.end()).size(), again.size()) << "an item was handed out twice";
    for (void* p : again) zeroes += *static_cast<char*>(p) == 0 ? slab_class_bytes(c) : 0;
    for (void* p : again) std::memset(p, 0x55, slab_class_bytes(c));
  }
  EXPECT_EQ(pools.carved_bytes(), carved);
  EXPECT_GE(zeroes, purged.released_bytes / 2);
}

}  // namespace
}  // namespace wippy
