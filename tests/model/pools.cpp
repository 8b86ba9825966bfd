// memory/slab.cpp for the model build; compiled like a suite, without access control.
#include "model/pools.hpp"

#include "memory/slab.cpp"
#include "memory/status.cpp"

namespace wippy::model {

namespace {
MemoryPools g_pools(1, nullptr, std::size_t{1} << 26);
}

MemoryPools& fresh_pools() {
  // The atomics start afresh in each execution by themselves.
  MemoryPools::NodePool& pool = g_pools.pools_[0];
  pool.magazine_count = 0;
  pool.cursor = g_pools.base_;
  static_cast<void>(g_pools.grace().take_orphans());
  return g_pools;
}

}  // namespace wippy::model
