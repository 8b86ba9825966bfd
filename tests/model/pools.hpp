// The memory pools for suites over production sources that allocate.
#pragma once

#include "memory/slab.hpp"
#include "numa/topology.hpp"

namespace wippy::model {

// One MemoryPools, made outside executions and as new after each call. Setup only.
MemoryPools& fresh_pools();

extern const Topology g_topology;  // of no machine

}  // namespace wippy::model
