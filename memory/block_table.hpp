// Type-stable 256-byte blocks at fixed addresses: the process slab that is its own PID table (rulings.md S1).
//
// One reserved address range of 2^index_bits blocks that is never unmapped while the table lives, so any index may be
// read at any time: a block that was never handed out reads as zeros, hence as id 0. Whoever uses the blocks keeps its
// published id in the block itself; looking an id up is base + index × 256 and one compare.
//
// Segments of 4,096 blocks belong to one owner (a host) and one NUMA node for ever; fresh blocks are handed out in runs
// of 64 under one lock, so the lock is taken once per 64 first-time spawns. Freed blocks are the owner's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/mutex.hpp"
#include "memory/slab.hpp"

namespace wippy {

class BlockTable {
 public:
  static constexpr std::size_t kBlockBytes = 256;
  static constexpr uint32_t kRunBlocks = 64;
  static constexpr uint32_t kSegmentBlocks = 4096;
  static constexpr uint16_t kNoOwner = 0xffff;

  // index_bits in [12, 24]. Aborts with a message when the system refuses the reservation.
  BlockTable(uint32_t index_bits, BindPages bind);
  ~BlockTable();
  BlockTable(const BlockTable&) = delete;
  BlockTable& operator=(const BlockTable&) = delete;

  // Any thread; index < blocks().
  char* at(uint32_t index) const noexcept { return base_ + std::size_t{index} * kBlockBytes; }
  uint32_t index_of(const void* block) const noexcept {
    return static_cast<uint32_t>(static_cast<std::size_t>(static_cast<const char*>(block) - base_) / kBlockBytes);
  }
  uint32_t blocks() const noexcept { return blocks_; }
  // kNoOwner when the index was never handed out. Any thread.
  uint16_t owner_of(uint32_t index) const noexcept;
  // Of a block that was handed out; whoever has it knows of its segment.
  NodeId node_of(uint32_t index) const noexcept { return nodes_[index / kSegmentBlocks]; }

  // A run of kRunBlocks fresh blocks: true and the first index; false when the table is used up.
  [[nodiscard]] bool carve(uint16_t owner, NodeId node, uint32_t& first) noexcept;

  // How many blocks were ever handed out to an owner; for observers.
  uint32_t carved_of(uint16_t owner) const;
  // All segments of one owner, in order of creation; for observers.
  std::vector<uint32_t> segments_of(uint16_t owner) const;

 private:
  struct Open {
    uint16_t owner;
    NodeId node;
    uint32_t next;
    uint32_t end;
  };
  char* base_ = nullptr;
  const uint32_t blocks_;
  BindPages bind_;
  Atomic<uint16_t>* owners_ = nullptr;  // per segment; written once, before its first block is used
  NodeId* nodes_ = nullptr;             // per segment; likewise
  mutable Mutex mutex_;                 // guards the fields below
  std::vector<Open> open_;
  uint32_t next_segment_ = 0;
};

}  // namespace wippy
