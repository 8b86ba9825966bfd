// How many blocks of a table were ever handed out to an owner.
#pragma once

#include "memory/block_table.hpp"

namespace wippy::test {

inline uint32_t carved_of(const BlockTable& table, uint16_t owner) {
  uint32_t blocks = 0;
  for (const uint32_t segment : table.segments_of(owner)) {
    blocks += table.carved_end(segment) - segment * BlockTable::kSegmentBlocks;
  }
  return blocks;
}

}  // namespace wippy::test
