#include "runtime/observe/scheduler_text.hpp"

#include "scheduler/scheduler.hpp"

namespace wippy {

std::string scheduler_line(Scheduler& s) {
  const IdleCounts i = s.idle().counts();
  uint64_t queued = s.overflow().size_estimate() + s.spent().size_estimate();
  for (uint32_t w = 0; w < s.worker_count(); ++w) queued += s.worker(w).queued_estimate();
  std::string line = s.config().name;
  const auto add = [&](const char* name, uint64_t n) { line += std::string(" ") + name + "=" + std::to_string(n); };
  add("workers", s.worker_count());
  add("active", i.active());
  add("awake", i.awake);
  add("searching", i.searching);
  add("queued", queued);
  const CounterTotals sum = s.totals();
  for (const CounterField& f : kCounterFields) add(f.name, sum.*f.total);
  return line;
}

}  // namespace wippy
