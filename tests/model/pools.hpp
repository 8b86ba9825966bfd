// The memory pools for suites over production sources that allocate.
#pragma once

#include "memory/slab.hpp"

namespace wippy::model {

// One MemoryPools, made outside executions and as new after each call. Setup only.
MemoryPools& fresh_pools();

}  // namespace wippy::model
