#include "runtime/sim/counts.hpp"

#include "memory/slab.hpp"
#include "runtime/sim/hooks.hpp"

namespace wippy {

namespace sim {

namespace {
Counts g_counts;
void (*g_observer)(Counted) = nullptr;
}  // namespace

const Counts& counts() noexcept { return g_counts; }
void observe_counts(void (*observer)(Counted what)) noexcept { g_observer = observer; }

}  // namespace sim

void count(Counted what, uint64_t amount) noexcept {
  sim::Count& c = sim::g_counts[static_cast<std::size_t>(what)];
  ++c.times;
  c.amount += amount;
  if (what == Counted::kSlab) ++sim::g_account.slab_in_use[slab_class_of(amount)];
  if (what == Counted::kSlabFree) --sim::g_account.slab_in_use[slab_class_of(amount)];
  if (sim::g_observer == nullptr) return;
  void (*const observer)(Counted) = sim::g_observer;
  sim::g_observer = nullptr;
  observer(what);
  sim::g_observer = observer;
}

}  // namespace wippy
