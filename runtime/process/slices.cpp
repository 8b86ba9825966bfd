#include "runtime/process/slices.hpp"

#include <algorithm>

#include "scheduler/scheduler.hpp"

namespace wippy {

uint64_t slice_ns() noexcept {
  Worker* const worker = Worker::current();
  if (worker == nullptr) return kSliceNs;
  Scheduler& s = worker->scheduler();
  const uint64_t waiting = s.spent().size_estimate() / std::max(s.config().placement.active, 1u);
  return std::clamp(kRoundNs / (waiting + 1), kShortestSliceNs, kSliceNs);
}

}  // namespace wippy
