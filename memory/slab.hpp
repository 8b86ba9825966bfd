// Node-owned memory in power-of-two classes: signals, payload buffers, coroutine frames, process extensions, arena chunks.
// Owner is the NUMA node (rulings.md S13): each node has one pool with, per class, a depot (memory/depot.hpp), and one
// address range from which fresh items are carved. Each thread keeps two magazines per class and touches no shared word
// until both are empty (or full). Another node's items are collected in a magazine per node and class and go home in one push.
// Equation per class and node:  carved = in use + in magazines of threads + in depot magazines.
// Items go back to the system only with the pools; memory of an address stays of one class for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "memory/address_range.hpp"
#include "memory/depot.hpp"
#include "memory/grace.hpp"
#include "memory/mutex.hpp"
#include "memory/status.hpp"
#include "memory/this_thread.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif

namespace wippy {

using NodeId = uint8_t;
inline constexpr uint32_t kMaxNodes = 64;

// Class c holds items of 64 << c bytes: 64 B … 64 KiB.
inline constexpr uint32_t kSlabClasses = 11;
inline constexpr std::size_t kSlabMaxBytes = std::size_t{64} << (kSlabClasses - 1);
inline constexpr uint32_t kMagazineRounds = 61;  // 504 bytes: a magazine touches at most 9 cache lines
using SlabMagazine = Magazine<kMagazineRounds>;

constexpr std::size_t slab_class_bytes(uint32_t c) noexcept { return std::size_t{64} << c; }
// bytes in [1, kSlabMaxBytes]
constexpr uint32_t slab_class_of(std::size_t bytes) noexcept {
  return bytes <= 64 ? 0u : static_cast<uint32_t>(64 - __builtin_clzll(bytes - 1)) - 6u;
}
// Large items come in short magazines, so that a thread's cache stays below 128 KiB a class.
constexpr uint32_t slab_rounds(uint32_t c) noexcept { return c < 6 ? kMagazineRounds : (128u << 10) / 64 >> c; }

// Binds fresh pages to a node; implemented by numa/topology.hpp.
struct PageBinder {
  virtual Status bind_pages(void* begin, std::size_t bytes, NodeId node) const noexcept = 0;

 protected:
  ~PageBinder() = default;
};
// Null: pages stay where the first touch puts them. After a refusal memory is only slower.
inline void bind_pages(const PageBinder* binder, void* begin, std::size_t bytes, NodeId node) noexcept {
  if (binder != nullptr) static_cast<void>(binder->bind_pages(begin, bytes, node));
}

// All pools of a runtime. Created before any worker, destroyed after the last ThreadMemory.
class MemoryPools {
 public:
  // nodes in [1, kMaxNodes]; range_bytes: reserved (not committed) address space per node. Dies with a message when the
  // system refuses the reservation.
  MemoryPools(uint32_t nodes, const PageBinder* binder, std::size_t range_bytes = std::size_t{64} << 30);
  ~MemoryPools();

  uint32_t nodes() const noexcept { return nodes_; }
  GraceDomain& grace() noexcept { return grace_; }
  NodeId node_of(const void* item) const noexcept {
    return nodes_ == 1 ? NodeId{0}
                       : static_cast<NodeId>((static_cast<const char*>(item) - range_.begin()) /
                                             static_cast<std::ptrdiff_t>(node_bytes_));
  }
  uint64_t carved_bytes() const noexcept;  // of items, all nodes; for observers

 private:
  friend class ThreadMemory;
  friend class PoolPurge;  // runtime/observe
  static constexpr std::size_t kCommitStep = std::size_t{2} << 20;
  // A part of a PROT_NONE range, committed from its front.
  struct FreshMemory {
    char *cursor, *committed, *end;
    // Null when the part is used up or the system refuses memory. align: a power of two, at most a page.
    char* take(std::size_t bytes, std::size_t align, const PageBinder* binder, NodeId node) noexcept {
      char* const at = cursor + (-reinterpret_cast<uintptr_t>(cursor) & (align - 1));
      for (; at + bytes > committed; committed += kCommitStep) {
        if (kCommitStep > static_cast<std::size_t>(end - committed)) return nullptr;
        count(Counted::kSyscall);
        if (mprotect(committed, kCommitStep, PROT_READ | PROT_WRITE) != 0) return nullptr;
        bind_pages(binder, committed, kCommitStep, node);
      }
      cursor = at + bytes;
      return at;
    }
  };
  // The empty magazines are shared by all classes of a node; fresh items and magazines are carved under one lock, once per
  // magazine.
  struct NodePool {
    SlabMagazine* magazines = nullptr;  // the array
    MagazineStack<SlabMagazine> empty, full[kSlabClasses];
    mutable Mutex mutex;  // guards the fields below
    FreshMemory fresh_magazines, fresh_items;
  };

  // Null when the node has no address space left for one.
  SlabMagazine* empty_magazine(NodeId node) noexcept;
  // Fills `m` with fresh items; false when the node's range is used up or the system refuses memory.
  bool carve(NodeId node, uint32_t c, SlabMagazine* m) noexcept;

  const uint32_t nodes_;
  const std::size_t node_bytes_;  // of range_, per node: magazines, then items
  const AddressRange range_;
  const PageBinder* const binder_;
  const std::unique_ptr<NodePool[]> pools_;
  GraceDomain grace_;
};

// One thread's magazines and its reader record: makes the calling thread a user of `pools` while it lives (as
// t_this_thread.memory; they nest). Owner-only. Workers use kWorker, every other thread kOutside.
class ThreadMemory {
 public:
  ThreadMemory(MemoryPools& pools, NodeId node, ReaderKind kind) noexcept;
  ~ThreadMemory();

  // Null only when the system is out of memory.
  void* allocate(uint32_t c) noexcept {
    count(Counted::kSlab, slab_class_bytes(c));
    Cache& k = caches_[c];
    if (__builtin_expect(k.loaded->count != 0, 1)) return k.loaded->items[--k.loaded->count];
    return allocate_slow(c);
  }
  void free(void* item, uint32_t c) noexcept {
    if (!try_free(item, c)) free_slow(item, c);
  }
  // False, and nothing is done, when it would take a call: for callers that must not make one on their fast path.
  bool try_free(void* item, uint32_t c) noexcept {
    if (is_foreign(item)) return false;
    SlabMagazine& m = *caches_[c].loaded;
    if (__builtin_expect(m.count >= (__builtin_constant_p(c) ? slab_rounds(c) : caches_[c].rounds), 0)) return false;
    count(Counted::kSlabFree, slab_class_bytes(c));
    m.items[m.count++] = item;
    return true;
  }
  void free_slow(void* item, uint32_t c) noexcept;

  MemoryPools& pools() noexcept { return pools_; }
  NodeId node() const noexcept { return node_; }
  ReaderRecord& reader() noexcept { return *reader_; }

 private:
  struct Cache {
    SlabMagazine *loaded = nullptr, *previous = nullptr;
    uint64_t rounds = 0;  // slab_rounds(), looked up once a thread and not once a message
  };
  bool is_foreign(const void* item) const noexcept {
    return __builtin_expect(pools_.nodes_ != 1, 0) && pools_.node_of(item) != node_;
  }
  void* allocate_slow(uint32_t c) noexcept;
  bool send_home(void* item, uint32_t c) noexcept;
  void give_back(SlabMagazine* m, NodeId node, uint32_t c) noexcept;

  MemoryPools& pools_;
  const NodeId node_;
  Cache caches_[kSlabClasses];
  std::unique_ptr<SlabMagazine*[]> foreign_;  // [node * kSlabClasses + c], made on the first foreign free
  ReaderRecord* const reader_;
  ThreadMemory* const previous_ = t_this_thread.memory;
};

inline ThreadMemory& this_memory() noexcept { return *t_this_thread.memory; }
inline void* slab_allocate(uint32_t c) noexcept {
#if defined(WIPPY_SIM)
  if (sim::refused(sim::Memory::kSlab)) return nullptr;
#endif
  return this_memory().allocate(c);
}
inline bool slab_try_free(void* item, uint32_t c) noexcept { return this_memory().try_free(item, c); }
inline void slab_free(void* item, uint32_t c) noexcept { this_memory().free(item, c); }

}  // namespace wippy
