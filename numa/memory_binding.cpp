#include "numa/memory_binding.hpp"

#include <hwloc.h>
#include <unistd.h>

#include <algorithm>

namespace wippy {

namespace {

// The object behind hook(), whose signature has no room for a context.
Atomic<const MemoryBinding*> g_hooked{nullptr};

using Bitmap = std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)>;

}  // namespace

MemoryBinding::MemoryBinding(const Topology& topology)
    : handle_(topology.handle()), active_(topology.is_this_system() && topology.handle() != nullptr) {
  for (const Node& n : topology.nodes()) node_os_indices_.push_back(n.os_index);
  for (const Pu& p : topology.pus()) pu_os_indices_.push_back(p.os_index);
}

MemoryBinding::~MemoryBinding() {
  const MemoryBinding* self = this;
  g_hooked.cas_strong_acq_rel(self, nullptr);  // pairs with the acquire load in bind_hook
}

Status MemoryBinding::bind_pages(void* begin, std::size_t bytes, NodeId node) const noexcept {
  if (node >= node_os_indices_.size()) return Status::error(ErrorKind::kInvalid, "no such NUMA node");
  const auto page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  if (reinterpret_cast<uintptr_t>(begin) % page_bytes != 0) {
    return Status::error(ErrorKind::kInvalid, "memory to be bound must begin on a page border");
  }
  if (!binds_pages() || bytes == 0) return Status::good();
  const Bitmap set(hwloc_bitmap_alloc(), hwloc_bitmap_free);
  if (set == nullptr || hwloc_bitmap_only(set.get(), node_os_indices_[node]) != 0) {
    return Status::error(ErrorKind::kUnavailable, "out of memory while binding pages");
  }
  // Without HWLOC_MEMBIND_STRICT the kernel policy is "preferred".
  if (hwloc_set_area_membind(handle_.get(), begin, bytes, set.get(), HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET) !=
      0) {
    return Status::error(ErrorKind::kUnavailable, "the system refused to bind pages to a NUMA node");
  }
  return Status::good();
}

Status MemoryBinding::set_thread_cpus(const uint32_t* os_indices, std::size_t count) const noexcept {
  const Bitmap set(hwloc_bitmap_alloc(), hwloc_bitmap_free);
  bool made = set != nullptr;
  for (std::size_t i = 0; made && i < count; ++i) made = hwloc_bitmap_set(set.get(), os_indices[i]) == 0;
  if (!made) return Status::error(ErrorKind::kUnavailable, "out of memory while pinning a thread");
  if (hwloc_set_cpubind(handle_.get(), set.get(), HWLOC_CPUBIND_THREAD) != 0) {
    return Status::error(ErrorKind::kUnavailable, "the system refused to set the thread's processors");
  }
  return Status::good();
}

Status MemoryBinding::pin_this_thread(uint32_t pu_os_index) const noexcept {
  if (std::find(pu_os_indices_.begin(), pu_os_indices_.end(), pu_os_index) == pu_os_indices_.end()) {
    return Status::error(ErrorKind::kInvalid, "no such processor among those we may use");
  }
  return active_ ? set_thread_cpus(&pu_os_index, 1) : Status::good();
}

Status MemoryBinding::unpin_this_thread() const noexcept {
  return active_ ? set_thread_cpus(pu_os_indices_.data(), pu_os_indices_.size()) : Status::good();
}

BindPages MemoryBinding::hook() noexcept {
  if (!binds_pages()) return nullptr;
  g_hooked.store_release(this);  // pairs with the acquire load in bind_hook
  return &MemoryBinding::bind_hook;
}

void MemoryBinding::bind_hook(void* begin, std::size_t bytes, NodeId node) {
  const MemoryBinding* self = g_hooked.load_acquire();  // pairs with hook() and the destructor
  if (self != nullptr && !self->bind_pages(begin, bytes, node).ok()) self->refused_.fetch_add_relaxed(1);
}

}  // namespace wippy
