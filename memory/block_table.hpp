// Type-stable 256-byte blocks at fixed addresses: the process slab that is its own PID table (rulings.md S1). One reserved
// range that stays mapped while the table lives, so any index may be read at any time, even one that a forged id names: a
// block never handed out reads as zeros, hence as id 0. The published id lies in the block itself; looking an id up is
// base + index × 256 and one compare.
// Segments of 4,096 blocks belong to one owner (a host) and one NUMA node for ever; fresh blocks are handed out in runs
// of 64, so the lock is taken once per 64 first-time spawns. Freed blocks are the owner's business.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/address_range.hpp"
#include "memory/atomic.hpp"
#include "memory/mutex.hpp"
#include "memory/slab.hpp"

namespace wippy {

// Any thread may call any method.
class BlockTable {
 public:
  static constexpr std::size_t kBlockBytes = 256;
  static constexpr uint32_t kRunBlocks = 64, kSegmentBlocks = 4096;
  static constexpr uint16_t kNoOwner = 0xffff;

  // index_bits in [12, 24]. Dies with a message when the system refuses the reservation.
  BlockTable(uint32_t index_bits, const PageBinder* binder)
      : last_((uint64_t{1} << index_bits) - 1),
        range_((last_ + 1) * kBlockBytes, PROT_READ | PROT_WRITE),
        binder_(binder),
        owners_(std::make_unique<Atomic<uint16_t>[]>(blocks() / kSegmentBlocks)),
        nodes_(std::make_unique<NodeId[]>(blocks() / kSegmentBlocks)) {
    WIPPY_ASSERT(index_bits >= 12 && index_bits <= 24);
    for (uint32_t i = 0; i < blocks() / kSegmentBlocks; ++i) owners_[i].store_relaxed(kNoOwner);  // nobody reads yet
  }

  char* at(uint32_t index) const noexcept { return range_.begin() + std::size_t{index} * kBlockBytes; }
  uint32_t index_of(const void* block) const noexcept {
    return static_cast<uint32_t>(static_cast<std::size_t>(static_cast<const char*>(block) - at(0)) / kBlockBytes);
  }
  uint32_t blocks() const noexcept { return static_cast<uint32_t>(last_ + 1); }
  // Of any 64-bit id by its lowest bits: inside the table even when it is forged.
  char* of(uint64_t id) const noexcept { return range_.begin() + (id & last_) * kBlockBytes; }
  // kNoOwner when the index was never handed out.
  uint16_t owner_of(uint32_t index) const noexcept {
    return index <= last_ ? owners_[index / kSegmentBlocks].load_acquire() : kNoOwner;  // partner: carve's store
  }
  // Of a block that was handed out; whoever has it knows of its segment.
  NodeId node_of(uint32_t index) const noexcept { return nodes_[index / kSegmentBlocks]; }

  // A run of kRunBlocks fresh blocks: true and the first index; false when the table is used up.
  [[nodiscard]] bool carve(uint16_t owner, NodeId node, uint32_t& first) noexcept {
    LockGuard lock(mutex_);
    const auto is_it = [&](const Open& o) { return o.owner == owner && o.node == node; };
    auto open = std::find_if(open_.begin(), open_.end(), is_it);
    if (open == open_.end()) open = open_.insert(open_.end(), Open{owner, node, 0, 0});
    if (open->next == open->end) {
      if (next_segment_ == blocks() / kSegmentBlocks) return false;
      const uint32_t segment = next_segment_++;
      open->next = segment * kSegmentBlocks;
      open->end = open->next + kSegmentBlocks;
      bind_pages(binder_, at(open->next), std::size_t{kSegmentBlocks} * kBlockBytes, node);
      nodes_[segment] = node;
      owners_[segment].store_release(owner);  // partner: owner_of
    }
    first = std::exchange(open->next, open->next + kRunBlocks);
    return true;
  }

  // For observers: an owner's segments, in order of creation.
  std::vector<uint32_t> segments_of(uint16_t owner) const {
    LockGuard lock(mutex_);
    std::vector<uint32_t> out;
    for (uint32_t s = 0; s < next_segment_; ++s) {
      if (owners_[s].load_relaxed() == owner) out.push_back(s);  // written under the lock
    }
    return out;
  }
  // The first block of a segment that was not handed out yet: observers need not touch what follows.
  uint32_t carved_end(uint32_t segment) const {
    const uint32_t end = (segment + 1) * kSegmentBlocks;
    LockGuard lock(mutex_);
    const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.end == end; });
    return open == open_.end() ? end : open->next;
  }

 private:
  struct Open {  // the newest segment of an owner on a node
    uint16_t owner;
    NodeId node;
    uint32_t next, end;
  };
  const uint64_t last_;  // index; all ones
  const AddressRange range_;
  const PageBinder* const binder_;
  const std::unique_ptr<Atomic<uint16_t>[]> owners_;  // per segment; written once, before its first block is used
  const std::unique_ptr<NodeId[]> nodes_;             // the same
  mutable Mutex mutex_;                               // guards the fields below
  std::vector<Open> open_;
  uint32_t next_segment_ = 0;
};

}  // namespace wippy
