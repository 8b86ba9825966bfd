#include "runtime/observe/pool_purge.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <vector>

namespace wippy {

namespace {

// The whole pages within runs of adjacent items. `items` is sorted; `bytes`: of one item.
uint64_t release_pages(const std::vector<char*>& items, std::size_t bytes) noexcept {
  constexpr uintptr_t kPage = 4096;
  uint64_t released = 0;
  for (std::size_t i = 0; i < items.size();) {
    std::size_t end = i + 1;
    while (end < items.size() && items[end] == items[end - 1] + bytes) ++end;
    const uintptr_t first = (reinterpret_cast<uintptr_t>(items[i]) + kPage - 1) & ~(kPage - 1);
    const uintptr_t last = (reinterpret_cast<uintptr_t>(items[end - 1]) + bytes) & ~(kPage - 1);
    if (first < last && madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0)
      released += last - first;
    i = end;
  }
  return released;
}

}  // namespace

PurgedPools PoolPurge::run(MemoryPools& pools) {
  PurgedPools all;
  std::vector<char*> items;
  for (uint32_t i = 0; i < pools.nodes() * kSlabClasses; ++i) {
    MemoryPools::NodePool& pool = pools.pools_[i / kSlabClasses];
    const uint32_t c = i % kSlabClasses;
    std::vector<SlabMagazine*> magazines;  // nobody else sees them and their items now
    items.clear();
    while (SlabMagazine* m = pool.full[c].pop(pool.magazines)) {
      magazines.push_back(m);
      for (uint32_t k = 0; k < m->count; ++k) items.push_back(static_cast<char*>(m->items[k]));
    }
    std::sort(items.begin(), items.end());
    all.free_bytes += items.size() * slab_class_bytes(c);
    all.released_bytes += release_pages(items, slab_class_bytes(c));
    for (auto m = magazines.rbegin(); m != magazines.rend(); ++m) pool.full[c].push(*m);
  }
  return all;
}

}  // namespace wippy
