// libs: wippy_runtime
// Timers of processes that are run by whoever is free: never early, never twice, never after they were stopped.
#include <gtest/gtest.h>

#include <unordered_map>

#include "memory/atomic.hpp"
#include "scheduler/random.hpp"
#include "stress/plant.hpp"
#include "stress/scale.hpp"

namespace wippy {
namespace {

using namespace stress;

struct TimerCount {
  Atomic<uint64_t> armed{0}, fired{0}, stopped{0}, early{0}, wrong{0}, done{0};
};

// A partner that wakes the timer process up again and again, so that it is run by whoever is free.
Behavior bouncer(Context& self) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.topic() == "end") co_return;
    if (m.integer() % 5 == 0) co_await yield(self);
    static_cast<void>(send(self, m.from(), "b", m.integer()));
  }
}

Behavior timer_process(Context& self, Plant* plant, TimerCount* t, uint32_t seed, uint32_t rounds) {
  Random random(seed);
  const Pid partner = spawn_native(self, plant->on(seed), bouncer).pid;
  std::unordered_map<uint64_t, uint64_t> due;  // timer -> earliest time
  for (uint32_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < 8; ++i) {
      const uint64_t delay = random.below(4) == 0 ? 3'600'000 * kMs : random.below(400'000);
      const uint64_t at = monotonic_ns() + delay;
      const uint64_t id = self.start_timer(delay);
      if (id == 0 || !due.emplace(id, at).second) t->wrong.fetch_add_relaxed(1);  // read at the end
    }
    t->armed.fetch_add_relaxed(8);
    static_cast<void>(send(self, partner, "b", round));
    bool back = false;
    while (!back || due.size() > 20) {
      Message m = co_await receive_for(self, 2 * kMs);
      if (!m) {
        if (!back) continue;
        // stop half of what is there, on whatever worker this is now
        for (auto it = due.begin(); it != due.end();) {
          if (random.below(2) == 0) {
            ++it;
            continue;
          }
          self.stop_timer(it->first);
          t->stopped.fetch_add_relaxed(1);  // read at the end
          it = due.erase(it);
        }
      } else if (m.kind() == SignalKind::kMessage) {
        back = true;
      } else if (m.kind() == SignalKind::kTimer) {
        const auto it = due.find(m.ref());
        if (it == due.end()) {
          t->wrong.fetch_add_relaxed(1);  // stopped, or twice
          continue;
        }
        if (monotonic_ns() < it->second) t->early.fetch_add_relaxed(1);
        t->fired.fetch_add_relaxed(1);
        due.erase(it);
      }
    }
    if (random.below(4) == 0) {
      for (const auto& [id, at] : due) self.stop_timer(id);
      t->stopped.fetch_add_relaxed(due.size());
      due.clear();
    }
  }
  if (seed % 2 == 0) {
    for (const auto& [id, at] : due) self.stop_timer(id);
  }
  t->stopped.fetch_add_relaxed(due.size());  // odd ones leave them to the exit
  static_cast<void>(send(self, partner, "end", 0));
  t->done.fetch_add_relaxed(1);
}

TEST(StressProcesses, TimersStoppedOnOtherWorkers) {
  Plant plant;
  TimerCount t;
  constexpr uint32_t kProcesses = 50;
  const uint32_t rounds = stress_scale(5'000) / kProcesses;
  for (uint32_t i = 0; i < kProcesses; ++i) {
    ASSERT_TRUE(spawn_native(plant.node(), plant.on(0), timer_process, &plant, &t, i, rounds).status.ok());
  }
  EXPECT_TRUE(plant.wait([&] { return t.done.load_relaxed() == kProcesses; })) << plant.dump();
  EXPECT_TRUE(plant.empties()) << plant.dump();
  EXPECT_EQ(t.early.load_relaxed(), 0u);
  EXPECT_EQ(t.wrong.load_relaxed(), 0u);
  EXPECT_EQ(t.fired.load_relaxed() + t.stopped.load_relaxed(), t.armed.load_relaxed());
  EXPECT_GT(t.fired.load_relaxed(), 0u);
  EXPECT_GT(t.stopped.load_relaxed(), 0u);
}

}  // namespace
}  // namespace wippy
