// Watches a latency objective: on each host a native process sleeps for a moment and looks how late it comes to run, which is
// what any process on that host would have waited. Ends with its host (CANCEL).
#pragma once

#include <cstdint>
#include <functional>

#include "memory/atomic.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy {

class LatencyProbe {
 public:
  // `missed` runs on the worker, at most once in kQuietNs for all hosts together; it may take its time.
  using Missed = std::function<void(const HostCore& host, uint64_t late_ns)>;
  static constexpr uint64_t kEveryNs = 5'000'000;
  static constexpr uint64_t kQuietNs = 10'000'000'000;

  LatencyProbe(uint64_t objective_ns, Missed missed) : objective_ns_(objective_ns), missed_(std::move(missed)) {}

  // From a thread with a ThreadScope; the host runs. The probe counts as a process of the host. Outlives the host's stop.
  Status watch(NodeCore& node, HostCore& host);
  uint64_t worst_ns() const noexcept { return worst_ns_.load_relaxed(); }

 private:
  struct Loop;
  void measured(const HostCore& host, uint64_t late_ns) noexcept;

  const uint64_t objective_ns_;
  const Missed missed_;
  Atomic<uint64_t> worst_ns_{0};
  Atomic<uint64_t> quiet_until_ns_{0};
};

}  // namespace wippy
