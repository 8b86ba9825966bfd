#include "memory/slab.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "memory/assert.hpp"

namespace wippy {

namespace {
constexpr std::size_t kMagazineRange = std::size_t{1} << 30;  // address space for magazines, per node
// Where items begin in their page. Process blocks begin at 0: a load waits for an earlier store whose address has the same low
// 12 bits, and a program of few processes and messages would meet that at each message (ping-pong 130 ns instead of 90).
constexpr std::size_t kItemsBegin = 2048;
}  // namespace

MemoryPools::MemoryPools(uint32_t nodes, const PageBinder* binder, std::size_t range_bytes)
    : nodes_(nodes),
      node_bytes_(kMagazineRange + range_bytes),
      range_(node_bytes_ * nodes, PROT_NONE),
      binder_(binder),
      pools_(std::make_unique<NodePool[]>(nodes)) {
  WIPPY_ASSERT(nodes >= 1 && nodes <= kMaxNodes);
  for (uint32_t n = 0; n < nodes_; ++n) {
    char* const begin = range_.begin() + node_bytes_ * n;
    char* const items = begin + kMagazineRange;
    pools_[n].magazines = reinterpret_cast<SlabMagazine*>(begin);
    pools_[n].fresh_magazines = {begin, begin, items};
    pools_[n].fresh_items = {items + kItemsBegin, items, begin + node_bytes_};
  }
}

MemoryPools::~MemoryPools() {
#if defined(WIPPY_SIM)
  for (uint32_t i = 0; i < nodes_ * kSlabClasses; ++i) {
    NodePool& pool = pools_[i / kSlabClasses];
    const uint32_t c = i % kSlabClasses;
    while (const SlabMagazine* m = pool.full[c].pop(pool.magazines)) sim::g_account.slab_free[c] += m->count;
  }
#endif
}

SlabMagazine* MemoryPools::empty_magazine(NodeId node) noexcept {
  NodePool& pool = pools_[node];
  if (SlabMagazine* m = pool.empty.pop(pool.magazines)) return m;
  LockGuard lock(pool.mutex);
  char* const at = pool.fresh_magazines.take(sizeof(SlabMagazine), alignof(SlabMagazine), binder_, node);
  if (at == nullptr) return nullptr;
  auto* m = new (at) SlabMagazine;
  m->index = static_cast<uint32_t>(m - pool.magazines);
  return m;
}

bool MemoryPools::carve(NodeId node, uint32_t c, SlabMagazine* m) noexcept {
  const std::size_t size = slab_class_bytes(c);
  const uint32_t rounds = slab_rounds(c);
  char* at = nullptr;
  {
    LockGuard lock(pools_[node].mutex);
    // Items of 4 KiB and more keep page alignment; smaller ones keep their own size's alignment within the run.
    at = pools_[node].fresh_items.take(size * rounds, std::min<std::size_t>(size, 4096), binder_, node);
  }
  if (at == nullptr) return false;
  // Lowest address on top: fresh memory is then used in address order.
  for (uint32_t i = 0; i < rounds; ++i) m->items[i] = at + size * (rounds - 1 - i);
  m->count = rounds;
#if defined(WIPPY_SIM)
  sim::g_account.slab_carved[c] += rounds;
#endif
  return true;
}

uint64_t MemoryPools::carved_bytes() const noexcept {
  std::ptrdiff_t bytes = 0;
  for (uint32_t n = 0; n < nodes_; ++n) {
    LockGuard lock(pools_[n].mutex);
    bytes += pools_[n].fresh_items.cursor - (range_.begin() + node_bytes_ * n + kMagazineRange + kItemsBegin);
  }
  return static_cast<uint64_t>(bytes);
}

ThreadMemory::ThreadMemory(MemoryPools& pools, NodeId node, ReaderKind kind) noexcept
    : pools_(pools), node_(node), reader_(pools.grace().register_reader(kind)) {
  WIPPY_ASSERT(reader_ != nullptr);
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    const Cache& k = caches_[c] = {pools_.empty_magazine(node_), pools_.empty_magazine(node_), slab_rounds(c)};
    if (k.loaded == nullptr || k.previous == nullptr) die("out of memory while starting a thread");
  }
  t_this_thread.memory = this;
}

ThreadMemory::~ThreadMemory() {
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    give_back(caches_[c].loaded, node_, c);
    give_back(caches_[c].previous, node_, c);
  }
  for (uint32_t i = 0; foreign_ != nullptr && i < pools_.nodes() * kSlabClasses; ++i) {
    if (foreign_[i] != nullptr) give_back(foreign_[i], static_cast<NodeId>(i / kSlabClasses), i % kSlabClasses);
  }
  pools_.grace().unregister(reader_);
  t_this_thread.memory = previous_;
}

void ThreadMemory::give_back(SlabMagazine* m, NodeId node, uint32_t c) noexcept {
  MemoryPools::NodePool& pool = pools_.pools_[node];
  (m->count != 0 ? pool.full[c] : pool.empty).push(m);
}

void* ThreadMemory::allocate_slow(uint32_t c) noexcept {
  Cache& k = caches_[c];
  MemoryPools::NodePool& pool = pools_.pools_[node_];
  if (k.previous->count != 0) {
    std::swap(k.loaded, k.previous);
  } else if (SlabMagazine* m = pool.full[c].pop(pool.magazines)) {
    pool.empty.push(std::exchange(k.loaded, m));
  } else if (!pools_.carve(node_, c, k.loaded)) {
    return nullptr;
  }
  return k.loaded->items[--k.loaded->count];
}

void ThreadMemory::free_slow(void* item, uint32_t c) noexcept {
  count(Counted::kSlabFree, slab_class_bytes(c));
  if (is_foreign(item) && send_home(item, c)) return;
  Cache& k = caches_[c];
  if (k.loaded->count == slab_rounds(c)) {
    if (k.previous->count != 0) {
      SlabMagazine* m = pools_.empty_magazine(node_);
      if (m == nullptr) return;  // no address space for a magazine: the item is lost, nothing is corrupted
      pools_.pools_[node_].full[c].push(std::exchange(k.previous, m));
    }
    std::swap(k.loaded, k.previous);
  }
  k.loaded->items[k.loaded->count++] = item;
}

// False when no memory is left for it: the item is used here until it is freed again.
bool ThreadMemory::send_home(void* item, uint32_t c) noexcept {
  if (foreign_ == nullptr) foreign_.reset(new (std::nothrow) SlabMagazine*[pools_.nodes() * kSlabClasses]());
  if (foreign_ == nullptr) return false;
  const NodeId home = pools_.node_of(item);
  SlabMagazine*& m = foreign_[home * kSlabClasses + c];
  if (m == nullptr) m = pools_.empty_magazine(home);
  if (m == nullptr) return false;
  m->items[m->count++] = item;
  if (m->count == slab_rounds(c)) give_back(std::exchange(m, nullptr), home, c);
  return true;
}

}  // namespace wippy
