#include "memory/block_table.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

#include "memory/address_range.hpp"
#include "memory/assert.hpp"

namespace wippy {

BlockTable::BlockTable(uint32_t index_bits, BindPages bind) : blocks_(uint32_t{1} << index_bits), bind_(bind) {
  WIPPY_ASSERT(index_bits >= 12 && index_bits <= 24);
  // Readable from the start: a forged id may name any block.
  base_ = map_range(std::size_t{blocks_} * kBlockBytes, PROT_READ | PROT_WRITE);
  if (base_ == nullptr) {
    std::fprintf(stderr, "wippy: cannot reserve %zu MiB for the process table (ulimit -v?)\n",
                 (std::size_t{blocks_} * kBlockBytes) >> 20);
    std::abort();
  }
  owners_ = new Atomic<uint16_t>[blocks_ / kSegmentBlocks];
  nodes_ = new NodeId[blocks_ / kSegmentBlocks]();
  for (uint32_t i = 0; i < blocks_ / kSegmentBlocks; ++i) owners_[i].store_relaxed(kNoOwner);
}

BlockTable::~BlockTable() {
  delete[] owners_;
  delete[] nodes_;
  munmap(base_, std::size_t{blocks_} * kBlockBytes);
}

uint16_t BlockTable::owner_of(uint32_t index) const noexcept {
  return index < blocks_ ? owners_[index / kSegmentBlocks].load_acquire() : kNoOwner;  // partner: carve's store
}

bool BlockTable::carve(uint16_t owner, NodeId node, uint32_t& first) noexcept {
  LockGuard lock(mutex_);
  Open* found = nullptr;
  for (Open& o : open_) {
    if (o.owner == owner && o.node == node) found = &o;
  }
  if (found == nullptr) {
    open_.push_back(Open{owner, node, 0, 0});
    found = &open_.back();
  }
  if (found->next == found->end) {
    if (next_segment_ == blocks_ / kSegmentBlocks) return false;
    const uint32_t segment = next_segment_++;
    found->next = segment * kSegmentBlocks;
    found->end = found->next + kSegmentBlocks;
    if (bind_ != nullptr) bind_(at(found->next), std::size_t{kSegmentBlocks} * kBlockBytes, node);
    nodes_[segment] = node;
    owners_[segment].store_release(owner);  // partner: owner_of
  }
  first = found->next;
  found->next += kRunBlocks;
  return true;
}

uint32_t BlockTable::carved_of(uint16_t owner) const {
  uint32_t blocks = static_cast<uint32_t>(segments_of(owner).size()) * kSegmentBlocks;
  LockGuard lock(mutex_);
  for (const Open& o : open_) {
    if (o.owner == owner) blocks -= o.end - o.next;
  }
  return blocks;
}

std::vector<uint32_t> BlockTable::segments_of(uint16_t owner) const {
  LockGuard lock(mutex_);
  std::vector<uint32_t> out;
  for (uint32_t s = 0; s < next_segment_; ++s) {
    if (owners_[s].load_relaxed() == owner) out.push_back(s);
  }
  return out;
}

}  // namespace wippy
