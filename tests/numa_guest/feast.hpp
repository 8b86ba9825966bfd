// One worker free, the seven others held inside a step with newborns in their queues: whatever the free one runs it has
// stolen, in an order that does not depend on timing.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/numa_guest/team.hpp"

namespace wippy::guest {

struct Feast {
  uint32_t thief = 0;
  Atomic<uint32_t> served{0};  // workers that have spawned
  Atomic<uint32_t> dishes{0};  // processes spawned
  Atomic<uint32_t> eaten{0};   // processes that have said so

  // By each process, last of all what it does to things the thief shares with the test.
  void count() noexcept { eaten.fetch_add_acq_rel(1); }  // partner: hold_feast
};

// serve(self, worker): spawns processes on each worker but the thief, returns how many; each calls feast.count() once.
using Serve = std::function<uint32_t(Context& self, Worker& worker)>;
inline void hold_feast(Team& team, Feast& feast, const Serve& serve) {
  team.on_every_worker([&](Context& self, Worker& worker) {
    const auto all_served = [&] { return feast.served.load_acquire() == kCpus - 1; };  // partner: fetch_add below
    if (worker.index() == feast.thief) return hold_step_until(all_served, "not everybody has spawned");
    feast.dishes.fetch_add_relaxed(serve(self, worker));  // published by the next line
    feast.served.fetch_add_acq_rel(1);                    // partner: all_served
    hold_step_until(all_served, "not everybody has spawned");
    hold_step_until([&] { return feast.eaten.load_acquire() == feast.dishes.load_relaxed(); },  // partner: count
                    "the thief has left something");
  });
}

}  // namespace wippy::guest
