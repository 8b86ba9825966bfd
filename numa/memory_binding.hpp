// Acting on the machine: pages to a node, the calling thread to a PU. All of it is advice: after an error the program is
// only slower, so callers log it once and go on.
//   pages      preferred node, not strict: a full node spills to its neighbours instead of ending in the OOM killer.
//              Only future page faults are steered; pages that are already touched do not move.
//   no-op      on a topology that is not this system (HWLOC_SYNTHETIC, HWLOC_XMLFILE, simulation) nothing is bound and
//              the answer is good; on one-node machines the same holds for pages.
// Ownership: shares hwloc's handle with the Topology it was made from, which may go first.
// Thread-safety: all methods may be called by any thread at the same time; pinning concerns the calling thread alone.
// Errors: kInvalid for a node, PU or address that cannot be right (checked also where nothing is bound), kUnavailable
// when the kernel refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memory/atomic.hpp"
#include "memory/slab.hpp"  // NodeId, BindPages
#include "memory/status.hpp"
#include "numa/topology.hpp"

namespace wippy {

class MemoryBinding {
 public:
  explicit MemoryBinding(const Topology& topology);
  ~MemoryBinding();  // withdraws this binding from hook(); no thread may be inside it any more
  MemoryBinding(const MemoryBinding&) = delete;
  MemoryBinding& operator=(const MemoryBinding&) = delete;

  bool binds_pages() const noexcept { return active_ && node_os_indices_.size() > 1; }
  bool pins_threads() const noexcept { return active_; }

  // `begin` on a page border; the last page may be partial.
  Status bind_pages(void* begin, std::size_t bytes, NodeId node) const noexcept;
  // To one PU, by its OS index (WorkerPlace::pu). Call from the thread itself, before it touches its memory.
  Status pin_this_thread(uint32_t pu_os_index) const noexcept;
  // Back to all PUs of the topology.
  Status unpin_this_thread() const noexcept;

  // For MemoryPools. Null when no page would be bound; else a function that uses this object until its destruction. One
  // binding per OS process is served: a later call of hook() on another object takes over.
  BindPages hook() noexcept;
  // Binds asked through hook() that were refused.
  uint64_t refused_binds() const noexcept { return refused_.load_relaxed(); }  // a statistic: no partner

 private:
  Status set_thread_cpus(const uint32_t* os_indices, std::size_t count) const noexcept;
  static void bind_hook(void* begin, std::size_t bytes, NodeId node);

  std::shared_ptr<hwloc_topology> handle_;
  std::vector<uint32_t> node_os_indices_;  // by NodeId
  std::vector<uint32_t> pu_os_indices_;
  bool active_ = false;
  mutable Atomic<uint64_t> refused_{0};
};

}  // namespace wippy
