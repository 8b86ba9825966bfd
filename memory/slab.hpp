// Node-owned memory in power-of-two classes: signals, payload buffers, coroutine frames, process extensions, arena chunks.
//
// Owner is the NUMA node (rulings.md S13): each node has one pool with, per class, a depot (memory/depot.hpp) and one
// address range from which fresh items are carved. Each thread keeps two magazines per class and touches no shared word
// until both are empty (or full). An item that belongs to another node than the freeing thread's goes into a separate
// magazine per foreign node and home in one push.
//
// Equation per class and node:  carved = in use + in magazines of threads + in depot magazines.
// Items are never returned to the system before the pool dies; memory of an address stays of one class for ever.
//
// Thread-safety: allocate/free only through the calling thread's ThreadMemory (t_this_thread.memory, see ThreadScope).
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/counted.hpp"
#include "memory/depot.hpp"
#include "memory/grace.hpp"
#include "memory/mutex.hpp"
#include "memory/this_thread.hpp"

namespace wippy {

using NodeId = uint8_t;
inline constexpr uint32_t kMaxNodes = 64;

// Class c holds items of 64 << c bytes: 64 B … 64 KiB.
inline constexpr uint32_t kSlabClasses = 11;
inline constexpr std::size_t kSlabMaxBytes = std::size_t{64} << (kSlabClasses - 1);
inline constexpr uint32_t kMagazineRounds = 61;
using SlabMagazine = Magazine<kMagazineRounds>;

constexpr std::size_t slab_class_bytes(uint32_t c) noexcept { return std::size_t{64} << c; }
// bytes in [1, kSlabMaxBytes]
constexpr uint32_t slab_class_of(std::size_t bytes) noexcept {
  return bytes <= 64 ? 0u : static_cast<uint32_t>(64 - __builtin_clzll(bytes - 1)) - 6u;
}
// Large items come in short magazines, so that a thread's cache stays below 128 KiB a class.
constexpr uint32_t slab_rounds(uint32_t c) noexcept {
  const std::size_t n = (std::size_t{128} << 10) / slab_class_bytes(c);
  return n >= kMagazineRounds ? kMagazineRounds : (n < 2 ? 2u : static_cast<uint32_t>(n));
}

// Binds fresh pages to a node; installed by numa/. Null: pages stay where the first touch puts them.
using BindPages = void (*)(void* begin, std::size_t bytes, NodeId node);

struct SlabTotals {
  uint64_t carved_bytes = 0;
};

// All pools of a runtime. Created before any worker, destroyed after the last thread left (ThreadScope).
class MemoryPools {
 public:
  // nodes in [1, kMaxNodes]; range_bytes: reserved (not committed) address space per node. Aborts with a message when the
  // system refuses the reservation.
  MemoryPools(uint32_t nodes, BindPages bind, std::size_t range_bytes = std::size_t{64} << 30);
  ~MemoryPools();
  MemoryPools(const MemoryPools&) = delete;
  MemoryPools& operator=(const MemoryPools&) = delete;

  uint32_t nodes() const noexcept { return nodes_; }
  GraceDomain& grace() noexcept { return grace_; }
  NodeId node_of(const void* item) const noexcept {
    return nodes_ == 1 ? NodeId{0}
                       : static_cast<NodeId>((static_cast<const char*>(item) - base_) /
                                             static_cast<std::ptrdiff_t>(range_bytes_));
  }
  SlabTotals totals() const noexcept;

 private:
  friend class ThreadMemory;
  struct Depot;
  struct NodePool;

  SlabMagazine* empty_magazine(NodeId node) noexcept;
  // Fills `m` with fresh items; false when the node's range is used up or the system refuses memory.
  bool carve(NodeId node, uint32_t c, SlabMagazine* m) noexcept;

  const uint32_t nodes_;
  const std::size_t range_bytes_;
  BindPages bind_;
  char* base_ = nullptr;
  NodePool* pools_ = nullptr;
  GraceDomain grace_;
};

// One thread's magazines and its reader record. Owner-only.
class ThreadMemory {
 public:
  ThreadMemory(MemoryPools& pools, NodeId node, ReaderKind kind) noexcept;
  ~ThreadMemory();
  ThreadMemory(const ThreadMemory&) = delete;
  ThreadMemory& operator=(const ThreadMemory&) = delete;

  // Null only when the system is out of memory.
  void* allocate(uint32_t c) noexcept {
    count(Counted::kSlab, slab_class_bytes(c));
    Cache& k = caches_[c];
    if (__builtin_expect(k.loaded->count != 0, 1)) return k.loaded->items[--k.loaded->count];
    return allocate_slow(c);
  }
  void free(void* item, uint32_t c) noexcept {
    count(Counted::kSlabFree, slab_class_bytes(c));
    if (__builtin_expect(pools_.nodes_ != 1, 0) && pools_.node_of(item) != node_) return free_foreign(item, c);
    Cache& k = caches_[c];
    if (__builtin_expect(k.loaded->count < slab_rounds(c), 1)) {
      k.loaded->items[k.loaded->count++] = item;
      return;
    }
    free_slow(item, c);
  }

  MemoryPools& pools() noexcept { return pools_; }
  NodeId node() const noexcept { return node_; }
  ReaderRecord& reader() noexcept { return *reader_; }

 private:
  struct Cache {
    SlabMagazine* loaded = nullptr;
    SlabMagazine* previous = nullptr;
  };
  void* allocate_slow(uint32_t c) noexcept;
  void free_slow(void* item, uint32_t c) noexcept;
  void free_foreign(void* item, uint32_t c) noexcept;
  void give_back(SlabMagazine* m, NodeId node, uint32_t c) noexcept;

  MemoryPools& pools_;
  const NodeId node_;
  Cache caches_[kSlabClasses];
  SlabMagazine** foreign_ = nullptr;  // [node * kSlabClasses + c], made on the first foreign free
  ReaderRecord* reader_;
};

inline ThreadMemory& this_memory() noexcept { return *t_this_thread.memory; }
inline void* slab_allocate(uint32_t c) noexcept { return this_memory().allocate(c); }
inline void slab_free(void* item, uint32_t c) noexcept { this_memory().free(item, c); }

// Makes the calling thread a user of `pools` for its lifetime. Workers use kWorker, every other thread kOutside.
class ThreadScope {
 public:
  ThreadScope(MemoryPools& pools, NodeId node, ReaderKind kind) noexcept : memory_(pools, node, kind) {
    previous_ = t_this_thread.memory;
    t_this_thread.memory = &memory_;
  }
  ~ThreadScope() { t_this_thread.memory = previous_; }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  ThreadMemory* previous_ = nullptr;
  ThreadMemory memory_;
};

}  // namespace wippy
