// memory/slab.cpp for the model build; compiled like a suite, without access control.
#include "model/pools.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"  // only this file has the source's own types
#include "memory/slab.cpp"
#pragma GCC diagnostic pop

namespace wippy {
// No page is bound here, no thread is pinned.
Status Topology::bind_pages(void*, std::size_t, NodeId) const noexcept { return Status::good(); }
Status Topology::pin_this_thread(uint32_t) const noexcept { return Status::good(); }
}  // namespace wippy

namespace wippy::model {

const Topology g_topology;

namespace {
MemoryPools g_pools(1, nullptr, std::size_t{1} << 26);
}

MemoryPools& fresh_pools() {
  // The atomics start afresh in each execution by themselves.
  MemoryPools::NodePool& pool = g_pools.pools_[0];
  pool.fresh_magazines.cursor = reinterpret_cast<char*>(pool.magazines);
  pool.fresh_items.cursor = reinterpret_cast<char*>(pool.magazines) + kMagazineRange;
  static_cast<void>(g_pools.grace().take_orphans());
  return g_pools;
}

}  // namespace wippy::model
