// The pools keep what they once had. This gives back what lies unused in their depots, for whoever measures memory.
#pragma once

#include <cstdint>

#include "memory/slab.hpp"

namespace wippy {

struct PurgedPools {
  uint64_t free_bytes = 0;      // of unused items, but for those that threads keep for themselves
  uint64_t released_bytes = 0;  // of them went back to the system
};

class PoolPurge {
 public:
  // Gives every whole page of unused items back to the system; the items stay where they are and come as zeroes. Takes the depots
  // away meanwhile, class by class: who needs an item then carves a fresh one. Rare, from any thread; throws std::bad_alloc.
  static PurgedPools run(MemoryPools& pools);
};

}  // namespace wippy
