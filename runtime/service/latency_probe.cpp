#include "runtime/service/latency_probe.hpp"

#include "runtime/process/coroutine.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

struct LatencyProbe::Loop {
  static Behavior run(Context& self, LatencyProbe* probe) {
    for (;;) {
      const uint64_t due_ns = monotonic_ns() + kEveryNs;
      const Message m = co_await receive_for(self, kEveryNs);
      if (m) {
        if (m.kind() == SignalKind::kCancel) co_return;
        continue;
      }
      const uint64_t now_ns = monotonic_ns();
      probe->measured(self.host(), now_ns > due_ns ? now_ns - due_ns : 0);
    }
  }
};

void LatencyProbe::measured(const HostCore& host, uint64_t late_ns) noexcept {
  uint64_t worst = worst_ns_.load_relaxed();                                  // validated by the CAS
  while (late_ns > worst && !worst_ns_.cas_strong_relaxed(worst, late_ns)) {  // a figure for people
  }
  if (late_ns <= objective_ns_) return;
  uint64_t quiet_until_ns = quiet_until_ns_.load_relaxed();  // validated by the CAS
  const uint64_t now_ns = monotonic_ns();
  if (now_ns < quiet_until_ns) return;
  if (!quiet_until_ns_.cas_strong_relaxed(quiet_until_ns, now_ns + kQuietNs)) return;  // another host was faster
  missed_(host, late_ns);
}

Status LatencyProbe::watch(NodeCore& node, HostCore& host) {
  SpawnOptions o;
  o.host = &host;
  o.entry_id = "node:latency_probe";
  return spawn_native(node, std::move(o), Loop::run, this).status;
}

}  // namespace wippy
