// libs: wippy_runtime
// Processes under load on the real scheduler: nothing lost, doubled or out of order, every end told once, nothing left.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "mailbox/values.hpp"
#include "memory/atomic.hpp"
#include "scheduler/random.hpp"
#include "stress/plant.hpp"
#include "stress/scale.hpp"
#include "tests/unit/memory/carved.hpp"

namespace wippy {
namespace {

using namespace stress;

// --- the mesh: everybody sends to everybody, with short-lived linked and monitored helpers among them

class Mesh {
 public:
  static constexpr uint32_t kOutside = 2;

  Mesh(Plant& p, uint32_t nodes, uint32_t each)
      : plant(p),
        count(nodes),
        quota(each),
        pids(nodes),
        next(std::size_t{nodes + kOutside} * nodes),
        seen(std::size_t{nodes + kOutside} * nodes) {}

  // The row of `next` belongs to its sender, the row of `seen` to its receiver.
  int64_t number(uint32_t sender, uint32_t receiver) {
    return int64_t{sender} << 32 | next[std::size_t{sender} * count + receiver]++;
  }
  void check(uint32_t receiver, int64_t value) {
    const auto sender = static_cast<uint32_t>(value >> 32);
    uint32_t& expected = seen[std::size_t{receiver} * (count + kOutside) + sender];
    if (expected != static_cast<uint32_t>(value)) errors.fetch_add_relaxed(1);  // read at the end
    ++expected;
  }

  Plant& plant;
  const uint32_t count;
  const uint32_t quota;
  std::vector<Pid> pids;
  std::vector<uint32_t> next;
  std::vector<uint32_t> seen;
  Atomic<uint64_t> sent{0};
  Atomic<uint64_t> received{0};
  Atomic<uint64_t> errors{0};
  Atomic<uint64_t> ends{0};  // helpers' ends that were told
  Atomic<uint64_t> helpers{0};
  Atomic<uint32_t> done{0};
};

// Sends `mail` messages to its parent and ends as told: 0 returns, 1 fails, 2 waits for a kill.
Behavior helper(Context& self, Pid parent, int mail, int how) {
  for (int i = 0; i < mail; ++i) {
    static_cast<void>(send(self, parent, "h", i));
    if (i == 2) co_await yield(self);
  }
  if (how == 1) self.finish(ExitReason::failure(ErrorKind::kInternal, "helper"));
  while (how == 2) Message m = co_await receive(self);
}

struct Helper {
  int mail = 0;   // still to come
  int exits = 0;  // still to come
  int downs = 0;  // still to come
};
using Helpers = std::unordered_map<uint64_t, Helper>;

void start_helper(Context& self, Mesh* m, Helpers& helpers, Random& random) {
  const int how = static_cast<int>(random.below(3));
  Helper h;
  h.mail = static_cast<int>(random.below(5));
  SpawnOptions o = m->plant.on(random.below(2));
  o.monitor = true;
  o.link = random.below(2) == 0;
  h.exits = 1;
  h.downs = o.link && how != 0 ? 1 : 0;
  const SpawnResult r = spawn_native(self, o, helper, self.pid(), h.mail, how);
  if (!r.status.ok()) {
    m->errors.fetch_add_relaxed(1);  // read at the end
    return;
  }
  m->helpers.fetch_add_relaxed(1);  // read at the end
  if (how == 2) {
    h.mail = -1;  // unknown: killed on the way
    static_cast<void>(self.terminate(r.pid));
  }
  helpers[r.pid.value] = h;
}

void take(Mesh* m, uint32_t me, Helpers& helpers, const Message& message) {
  bool good = true;
  if (message.kind() == SignalKind::kMessage && message.topic() == "m") {
    m->check(me, message.integer());
    m->received.fetch_add_relaxed(1);  // read at the end
  } else if (const auto it = helpers.find(message.from().value); it != helpers.end()) {
    Helper& h = it->second;
    if (message.kind() == SignalKind::kMessage) {
      good = h.exits == 1 && h.mail != 0;
      if (h.mail > 0) --h.mail;
    } else if (message.kind() == SignalKind::kExit) {
      good = h.exits-- == 1 && h.mail <= 0;
      m->ends.fetch_add_relaxed(1);  // read at the end
    } else if (message.kind() == SignalKind::kLinkDown) {
      good = h.downs-- == 1 && h.exits == 0;  // EXIT comes first
    }
    if (h.exits == 0 && h.downs == 0) helpers.erase(it);
  } else if (message.kind() != SignalKind::kMessage || message.topic() != "stop") {
    good = false;
  }
  if (!good) m->errors.fetch_add_relaxed(1);  // read at the end
}

Behavior mesh_node(Context& self, Mesh* m, uint32_t me) {
  self.set_trap_links(true);
  Random random(me + 1);
  Helpers helpers;
  for (;;) {  // others may have been told to go before
    Message message = co_await receive(self);
    if (message.topic() == "go") break;
    take(m, me, helpers, message);
  }
  uint64_t sent = 0;
  for (uint32_t left = m->quota; left > 0;) {
    for (uint32_t burst = 1 + random.below(8); burst > 0 && left > 0; --burst, --left, ++sent) {
      const uint32_t to = random.below(m->count);
      if (!send(self, m->pids[to], "m", m->number(me, to)).ok()) m->errors.fetch_add_relaxed(1);  // read at the end
    }
    if (random.below(20) == 0) start_helper(self, m, helpers, random);
    if (random.below(50) == 0) {
      const std::string name = "n" + std::to_string(random.below(100));
      static_cast<void>(self.register_name(name, self.pid()));
      if (random.below(2) == 0) static_cast<void>(self.unregister_name(name));
    }
    co_await yield(self);
    for (int i = 0; i < 32; ++i) {
      Signal* s = self.next_signal();
      if (s == nullptr) break;
      Message message(self, s);
      take(m, me, helpers, message);
    }
  }
  m->sent.fetch_add_relaxed(sent);  // read at the end
  m->done.fetch_add_relaxed(1);
  for (;;) {
    Message message = co_await receive(self);
    if (message.kind() == SignalKind::kMessage && message.topic() == "stop") break;
    take(m, me, helpers, message);
  }
  if (!helpers.empty()) m->errors.fetch_add_relaxed(helpers.size());  // an end was not told
}

void outside_sender(Mesh& m, uint32_t me, uint32_t messages) {
  ThreadMemory scope(m.plant.runtime().pools(), 0, ReaderKind::kOutside);
  Random random(me + 77);
  ValueWriter writer;
  uint64_t sent = 0;
  for (uint32_t i = 0; i < messages; ++i) {
    const uint32_t to = random.below(m.count);
    const int64_t value = m.number(me, to);
    writer.reset_body("m", 1);
    writer.integer(value);
    EXPECT_TRUE(writer.finish().ok());
    Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, writer.view().data(), writer.view().size());
    if (s == nullptr || !m.plant.node().deliver(m.pids[to], s)) m.errors.fetch_add_relaxed(1);  // read at the end
    ++sent;
    if (i % 50 == 0) {
      const SpawnResult r = spawn_native(m.plant.node(), m.plant.on(i), [](Context&) -> Behavior { co_return; });
      if (!r.status.ok()) m.errors.fetch_add_relaxed(1);
    }
    if (i % 64 == 0) std::this_thread::yield();
  }
  m.sent.fetch_add_relaxed(sent);  // read at the end
}

void signal_all(Mesh& m, std::string_view topic) {
  std::string body(1, static_cast<char>(topic.size()));
  body += topic;
  body += '\0';
  for (const Pid p : m.pids) {
    Signal* s = make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), body.size());
    EXPECT_TRUE(m.plant.node().deliver(p, s));
  }
}

TEST(StressProcesses, AMeshWithLinksExitsMonitorsAndOutsiders) {
  Plant plant;
  const uint32_t nodes = 1000;
  Mesh mesh(plant, nodes, stress_scale(1'000'000) / nodes + 1);
  for (uint32_t i = 0; i < nodes; ++i) {
    const SpawnResult r = spawn_native(plant.node(), plant.on(i % 3 == 0 ? 1 : 0), mesh_node, &mesh, i);
    ASSERT_TRUE(r.status.ok());
    mesh.pids[i] = r.pid;
  }
  signal_all(mesh, "go");
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < Mesh::kOutside; ++t) {
    threads.emplace_back([&, t] { outside_sender(mesh, nodes + t, stress_scale(100'000)); });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(plant.wait([&] { return mesh.done.load_relaxed() == nodes; })) << plant.dump();
  EXPECT_TRUE(plant.wait([&] { return mesh.received.load_relaxed() >= mesh.sent.load_relaxed(); }, 60)) << plant.dump();
  EXPECT_TRUE(plant.wait([&] { return mesh.ends.load_relaxed() >= mesh.helpers.load_relaxed(); }, 60)) << plant.dump();
  nap(50 * kMs);  // for what should not come
  signal_all(mesh, "stop");
  EXPECT_TRUE(plant.empties()) << plant.dump();
  EXPECT_EQ(mesh.received.load_relaxed(), mesh.sent.load_relaxed());
  EXPECT_EQ(mesh.ends.load_relaxed(), mesh.helpers.load_relaxed());
  EXPECT_EQ(mesh.errors.load_relaxed(), 0u);
  EXPECT_EQ(plant.node().names().size(), 0u);
  for (uint32_t s = 0; s < nodes + Mesh::kOutside; ++s) {
    for (uint32_t r = 0; r < nodes; ++r) {
      ASSERT_EQ(mesh.next[std::size_t{s} * nodes + r], mesh.seen[std::size_t{r} * (nodes + Mesh::kOutside) + s]);
    }
  }
}

// --- storm: processes are born and die while everybody pokes at pids that may be dead

struct Poke {
  static constexpr uint32_t kRecent = 256;
  Atomic<uint64_t> recent[kRecent];
  Atomic<uint64_t> births{0};
  Atomic<uint64_t> alive_hits{0};
  Atomic<uint64_t> dead_hits{0};
  Atomic<uint32_t> over{0};
};

Behavior short_life(Context& self, int turns) {
  for (int i = 0; i < turns; ++i) co_await yield(self);
  if (turns % 3 == 0) Message m = co_await receive_for(self, 50'000);
}

Behavior poking_spawner(Context& self, Plant* plant, Poke* poke, uint32_t seed, uint32_t births) {
  Random random(seed);
  for (uint32_t i = 0; i < births; ++i) {
    SpawnOptions o = plant->on(random.below(2));
    o.link = random.below(8) == 0;
    const SpawnResult r = spawn_native(self, o, short_life, static_cast<int>(random.below(6)));
    poke->recent[random.below(Poke::kRecent)].store_release(r.pid.value);
    poke->births.fetch_add_relaxed(1);  // read at the end
    const Pid victim{poke->recent[random.below(Poke::kRecent)].load_acquire()};
    switch (random.below(6)) {
      case 0: static_cast<void>(self.terminate(victim)); break;
      case 1: static_cast<void>(self.monitor(victim)); break;
      case 2: static_cast<void>(self.cancel(victim, random.below(100'000))); break;
      default: {
        const bool reached = send(self, victim, "poke", i).ok();
        (reached ? poke->alive_hits : poke->dead_hits).fetch_add_relaxed(1);  // read at the end
      }
    }
    if (i % 8 == 7) {
      co_await yield(self);
      while (Signal* s = self.next_signal()) Message m(self, s);
    }
  }
}

TEST(StressProcesses, SpawnAndExitStormWithLookupsOfTheDead) {
  Plant plant;
  Poke poke;
  const uint32_t each = stress_scale(400'000) / 8;
  for (uint32_t i = 0; i < 8; ++i) {
    ASSERT_TRUE(spawn_native(
                    plant.node(), plant.on(i),
                    [](Context& c, Plant* p, Poke* k, uint32_t seed, uint32_t n) {
                      c.set_trap_links(true);
                      return poking_spawner(c, p, k, seed, n);
                    },
                    &plant, &poke, i, each)
                    .status.ok());
  }
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      ThreadMemory scope(plant.runtime().pools(), 0, ReaderKind::kOutside);
      Random random(t + 9);
      while (poke.over.load_relaxed() == 0) {
        const Pid p{poke.recent[random.below(Poke::kRecent)].load_acquire()};
        const bool there = random.below(4) == 0
                               ? plant.node().kill(p, Control::kKillTerminate)
                               : plant.node().deliver(p, make_bare_signal(SignalKind::kCancel, Pid{}, 0));
        (there ? poke.alive_hits : poke.dead_hits).fetch_add_relaxed(1);  // read at the end
        if (random.below(64) == 0) std::this_thread::yield();
      }
    });
  }
  // The spawners may be killed by nobody: their pids are not in the table.
  int64_t peak = 0;
  EXPECT_TRUE(plant.wait([&] {
    peak = std::max(peak, plant.node().live_processes());
    return poke.births.load_relaxed() == uint64_t{each} * 8;
  })) << plant.dump();
  poke.over.store_relaxed(1);
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(plant.empties()) << plant.dump();
  EXPECT_GT(poke.alive_hits.load_relaxed(), 0u);
  EXPECT_GT(poke.dead_hits.load_relaxed(), 0u);
  const uint32_t carved = test::carved_of(plant.node().blocks(), 0) + test::carved_of(plant.node().blocks(), 1);
  EXPECT_LT(carved, 2 * static_cast<uint64_t>(peak) + 20'000u) << "blocks are not reused";
}

}  // namespace
}  // namespace wippy
