#include "memory/slab.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "memory/address_range.hpp"
#include "memory/assert.hpp"

namespace wippy {

namespace {
constexpr std::size_t kCommitStep = std::size_t{2} << 20;
constexpr std::size_t kMagazineRange = std::size_t{1} << 30;  // address space for magazines, per node

char* reserve(std::size_t bytes) noexcept {
  char* p = map_range(bytes, PROT_NONE);
  if (p == nullptr) {
    std::fprintf(stderr, "wippy: cannot reserve %zu MiB of address space (ulimit -v?)\n", bytes >> 20);
    std::abort();
  }
  return p;
}
}  // namespace

struct MemoryPools::Depot {
  explicit Depot(SlabMagazine* base) noexcept : full(base) {}
  MagazineStack<SlabMagazine> full;
};

// The empty magazines are shared by all classes of a node; fresh items and magazines are carved under one lock, once per
// magazine.
struct MemoryPools::NodePool {
  NodePool(SlabMagazine* magazines, char* begin, std::size_t bytes) noexcept
      : magazine_base(magazines), empty(magazines), cursor(begin), committed(begin), end(begin + bytes) {
    for (uint32_t c = 0; c < kSlabClasses; ++c) new (&depot_at(c)) Depot(magazines);
  }
  Depot& depot_at(uint32_t c) noexcept { return reinterpret_cast<Depot*>(depots)[c]; }

  SlabMagazine* const magazine_base;
  MagazineStack<SlabMagazine> empty;
  alignas(Depot) unsigned char depots[sizeof(Depot) * kSlabClasses];
  Mutex mutex;  // guards the fields below
  uint32_t magazine_count = 0;
  char* magazine_committed = nullptr;
  char* cursor;
  char* committed;
  char* const end;
};

MemoryPools::MemoryPools(uint32_t nodes, BindPages bind, std::size_t range_bytes)
    : nodes_(nodes), range_bytes_(range_bytes), bind_(bind) {
  WIPPY_ASSERT(nodes >= 1 && nodes <= kMaxNodes);
  base_ = reserve(range_bytes_ * nodes_);
  pools_ = static_cast<NodePool*>(std::aligned_alloc(alignof(NodePool), sizeof(NodePool) * nodes_));
  for (uint32_t n = 0; n < nodes_; ++n) {
    auto* magazines = reinterpret_cast<SlabMagazine*>(reserve(kMagazineRange));
    auto* pool = new (&pools_[n]) NodePool(magazines, base_ + range_bytes_ * n, range_bytes_);
    pool->magazine_committed = reinterpret_cast<char*>(magazines);
  }
}

MemoryPools::~MemoryPools() {
  for (uint32_t n = 0; n < nodes_; ++n) {
    munmap(static_cast<void*>(pools_[n].magazine_base), kMagazineRange);
    pools_[n].~NodePool();
  }
  std::free(pools_);
  munmap(base_, range_bytes_ * nodes_);
}

SlabMagazine* MemoryPools::empty_magazine(NodeId node) noexcept {
  NodePool& pool = pools_[node];
  if (SlabMagazine* m = pool.empty.pop()) return m;
  LockGuard lock(pool.mutex);
  SlabMagazine* m = pool.magazine_base + pool.magazine_count;
  char* const needed = reinterpret_cast<char*>(m + 1);
  if (needed > pool.magazine_committed) {
    const std::size_t step = std::size_t{64} << 10;
    if (needed > reinterpret_cast<char*>(pool.magazine_base) + kMagazineRange ||
        mprotect(pool.magazine_committed, step, PROT_READ | PROT_WRITE) != 0) {
      return nullptr;
    }
    // A thread of any node may be the first to touch them: it frees what belongs here.
    if (bind_ != nullptr) bind_(pool.magazine_committed, step, node);
    pool.magazine_committed += step;
  }
  new (m) SlabMagazine;
  m->index = pool.magazine_count++;
  return m;
}

bool MemoryPools::carve(NodeId node, uint32_t c, SlabMagazine* m) noexcept {
  NodePool& pool = pools_[node];
  const std::size_t size = slab_class_bytes(c);
  const uint32_t rounds = slab_rounds(c);
  char* at = nullptr;
  {
    LockGuard lock(pool.mutex);
    // Items of 4 KiB and more keep page alignment; smaller ones keep their own size's alignment within the run.
    const std::size_t align = size < 4096 ? size : 4096;
    auto start = reinterpret_cast<uintptr_t>(pool.cursor);
    start = (start + align - 1) & ~(align - 1);
    at = reinterpret_cast<char*>(start);
    char* const stop = at + size * rounds;
    while (stop > pool.committed) {
      if (pool.committed + kCommitStep > pool.end ||
          mprotect(pool.committed, kCommitStep, PROT_READ | PROT_WRITE) != 0) {
        return false;
      }
      if (bind_ != nullptr) bind_(pool.committed, kCommitStep, node);
      pool.committed += kCommitStep;
    }
    pool.cursor = stop;
  }
  // Lowest address on top: fresh memory is then used in address order.
  for (uint32_t i = rounds; i > 0; --i) m->items[rounds - i] = at + size * (i - 1);
  m->count = rounds;
  return true;
}

SlabTotals MemoryPools::totals() const noexcept {
  SlabTotals t;
  for (uint32_t n = 0; n < nodes_; ++n) {
    LockGuard lock(pools_[n].mutex);
    t.carved_bytes += static_cast<uint64_t>(pools_[n].cursor - (base_ + range_bytes_ * n));
  }
  return t;
}

ThreadMemory::ThreadMemory(MemoryPools& pools, NodeId node, ReaderKind kind) noexcept
    : pools_(pools), node_(node), reader_(pools.grace().register_reader(kind)) {
  WIPPY_ASSERT(reader_ != nullptr);
  for (Cache& k : caches_) {
    k.loaded = pools_.empty_magazine(node_);
    k.previous = pools_.empty_magazine(node_);
    if (k.loaded == nullptr || k.previous == nullptr) {
      std::fprintf(stderr, "wippy: out of memory while starting a thread\n");
      std::abort();
    }
  }
}

ThreadMemory::~ThreadMemory() {
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    give_back(caches_[c].loaded, node_, c);
    give_back(caches_[c].previous, node_, c);
  }
  if (foreign_ != nullptr) {
    for (uint32_t i = 0; i < pools_.nodes() * kSlabClasses; ++i) {
      if (foreign_[i] != nullptr) give_back(foreign_[i], static_cast<NodeId>(i / kSlabClasses), i % kSlabClasses);
    }
    std::free(foreign_);
  }
  pools_.grace().unregister(reader_);
}

void ThreadMemory::give_back(SlabMagazine* m, NodeId node, uint32_t c) noexcept {
  MemoryPools::NodePool& pool = pools_.pools_[node];
  if (m->count != 0) {
    pool.depot_at(c).full.push(m);
  } else {
    pool.empty.push(m);
  }
}

void* ThreadMemory::allocate_slow(uint32_t c) noexcept {
  Cache& k = caches_[c];
  if (k.previous->count != 0) {
    SlabMagazine* m = k.loaded;
    k.loaded = k.previous;
    k.previous = m;
  } else if (SlabMagazine* m = pools_.pools_[node_].depot_at(c).full.pop()) {
    pools_.pools_[node_].empty.push(k.loaded);
    k.loaded = m;
  } else if (!pools_.carve(node_, c, k.loaded)) {
    return nullptr;
  }
  return k.loaded->items[--k.loaded->count];
}

void ThreadMemory::free_slow(void* item, uint32_t c) noexcept {
  Cache& k = caches_[c];
  if (k.previous->count == 0) {
    SlabMagazine* m = k.loaded;
    k.loaded = k.previous;
    k.previous = m;
  } else {
    SlabMagazine* m = pools_.empty_magazine(node_);
    if (m == nullptr) return;  // no address space for a magazine: the item is lost, nothing is corrupted
    pools_.pools_[node_].depot_at(c).full.push(k.previous);
    k.previous = k.loaded;
    k.loaded = m;
  }
  k.loaded->items[k.loaded->count++] = item;
}

void ThreadMemory::free_foreign(void* item, uint32_t c) noexcept {
  const NodeId home = pools_.node_of(item);
  if (foreign_ == nullptr) {
    foreign_ =
        static_cast<SlabMagazine**>(std::calloc(std::size_t{pools_.nodes()} * kSlabClasses, sizeof(SlabMagazine*)));
    if (foreign_ == nullptr) return;
  }
  SlabMagazine*& m = foreign_[home * kSlabClasses + c];
  if (m == nullptr) m = pools_.empty_magazine(home);
  if (m == nullptr) return;
  m->items[m->count++] = item;
  if (m->count == slab_rounds(c)) {
    pools_.pools_[home].depot_at(c).full.push(m);
    m = nullptr;
  }
}

}  // namespace wippy
