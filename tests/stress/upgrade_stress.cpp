// libs: wippy_lua wippy_runtime
// Upgrade under load: every process of a crowd is upgraded again and again while numbered messages arrive on an open loop,
// paced by the clock and not by answers. None may be lost, doubled or out of order; the gaps are printed.
//   WIPPY_STRESS_SCALE=500 build/release/bin/stress --gtest_filter=StressUpgrade.*     1,000 processes, 50,000 messages a second
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stress/plant.hpp"
#include "stress/scale.hpp"
#include "unit/lua_process/lua_node.hpp"

namespace wippy {
namespace {

using namespace stress;

constexpr int64_t kSenders = 4;
constexpr int64_t kPerSecond = 50;  // messages to each process, from all senders together
constexpr uint64_t kTickNs = kMs;

// A message is due_us << 24 | sender << 20 | number of that sender's message to that process.
constexpr int kDueShift = 24;
constexpr int kSenderShift = 20;

// Numbers come through one channel, orders through another. Every second upgrade comes after a nap, so that mail has been
// routed into both by then: it is counted as `unread`. The others give the gaps.
constexpr const char* kServes = R"(
return { main = function(report, st)
  local started = os.clock()
  local numbers, box = process.listen("n", { message = true }), process.inbox()
  st = st or { got = 0, rounds = 0, unread = 0, next = { 0, 0, 0, 0 } }
  local first, draining = st.last and st.asked, st.rounds > 0 and not st.asked
  while true do
    local r = channel.select({ numbers:case_receive(), box:case_receive() }, draining)
    if r.default then
      draining = false
    elseif r.value:topic() == "n" then
      local v, now = r.value:payload():data(), os.clock()
      local sender, number = (v >> 20 & 15) + 1, v & 0xfffff
      if st.next[sender] ~= number then process.send(report, "bad", sender, number, st.next[sender]) end
      st.next[sender], st.got = number + 1, st.got + 1
      if draining then st.unread = st.unread + 1 end
      if first then
        first = nil
        process.send(report, "gap", math.floor((now - st.last) * 1e9), math.floor((started - st.asked) * 1e9),
          math.floor(now * 1e9) - (v >> 24) * 1000)
      end
      st.last = now
    elseif r.value:topic() == "upgrade" then
      st.rounds, st.asked = st.rounds + 1, os.clock()
      if st.rounds % 2 == 0 then
        time.sleep("45ms")
        st.asked = nil
      end
      process.upgrade(process.id() == "app:v1" and "app:v2" or "app:v1", report, st)
    else
      process.send(report, "total", st.got, st.rounds, st.unread)
      return
    end
  end
end })";

struct Load {
  lua::test::LuaNode* lua = nullptr;
  HostCore* host = nullptr;
  int64_t count = 0;   // processes
  int64_t each = 0;    // messages of each sender to each of them
  int64_t rounds = 0;  // upgrades of each
  uint64_t begin_ns = 0;
  std::vector<Pid> targets;
  Atomic<uint32_t> done{0};
  // The collector's until `done`.
  uint64_t bad = 0;
  int64_t received = 0;
  int64_t upgrades = 0;
  int64_t unread = 0;
  uint64_t sent_ns = 0;
  std::vector<int64_t> gaps, pauses, late;
};

uint64_t seconds_ns(const Load& l) {
  return static_cast<uint64_t>(l.each * kSenders) * 1'000'000'000 / static_cast<uint64_t>(kPerSecond);
}

// Its i-th message goes to process i mod count and is due at i / (count * each) of the time, whatever has become of the
// ones before.
Behavior paced(Context& self, Load* l, Pid collector, int64_t sender) {
  const int64_t all = l->count * l->each;
  const auto every_ns = static_cast<double>(seconds_ns(*l)) / static_cast<double>(all);
  const uint64_t origin_ns = l->lua->start_ns();
  for (int64_t i = 0; i < all;) {
    const auto passed_ns = static_cast<double>(monotonic_ns() - l->begin_ns);
    for (; i < all && static_cast<double>(i) * every_ns <= passed_ns; ++i) {
      const uint64_t due_ns = l->begin_ns + static_cast<uint64_t>(static_cast<double>(i) * every_ns) - origin_ns;
      const auto due_us = static_cast<int64_t>(due_ns / 1000);
      const int64_t slot = (i + sender * l->count / kSenders) % l->count;  // each process gets its messages evenly
      const Pid to = l->targets[static_cast<std::size_t>(slot)];
      if (!send(self, to, "n", due_us << kDueShift | sender << kSenderShift | i / l->count).ok()) {
        static_cast<void>(send(self, collector, "bad", i));
      }
      if (i % 64 == 63) co_await yield(self);
    }
    if (i < all) co_await sleep_for(self, kTickNs);
  }
  static_cast<void>(send(self, collector, "sent", 0));
}

// Each process once a round, one after the other, spread over the time that there are messages.
Behavior upgrader(Context& self, Load* l, Pid collector) {
  const int64_t all = l->count * l->rounds;
  const double every_ns = static_cast<double>(seconds_ns(*l)) * 0.9 / static_cast<double>(all);
  for (int64_t i = 0; i < all;) {
    const auto passed_ns = static_cast<double>(monotonic_ns() - l->begin_ns);
    for (; i < all && static_cast<double>(i) * every_ns <= passed_ns; ++i) {
      static_cast<void>(send(self, l->targets[static_cast<std::size_t>(i % l->count)], "upgrade", i));
    }
    if (i < all) co_await sleep_for(self, kTickNs);
  }
  static_cast<void>(send(self, collector, "sent", 0));
}

std::vector<int64_t> integers_of(const Message& m) {
  std::vector<int64_t> out;
  ValueReader r;
  if (!r.open_body(m.body()).ok()) return out;
  for (uint64_t i = r.payload_count(); i > 0; --i) out.push_back(r.next().integer);
  return out;
}

Behavior collector(Context& self, Load* l) {
  ValueWriter w;
  w.reset_body({}, 1);
  const std::string pid = self.node().format(self.pid());
  w.string(pid.data(), pid.size());
  EXPECT_TRUE(w.finish().ok());
  SpawnOptions o;
  o.host = l->host;
  for (int64_t i = 0; i < l->count; ++i) {
    const SpawnResult r = l->lua->spawn(self, i % 2 == 0 ? "app:v1" : "app:v2", w.view(), o);
    if (!r.status.ok()) ++l->bad;
    l->targets.push_back(r.pid);
    if (i % 32 == 31) co_await yield(self);
  }
  l->begin_ns = monotonic_ns() + 10 * kMs;
  co_await sleep_for(self, 10 * kMs);
  for (int64_t s = 0; s < kSenders; ++s) spawn_native(self, {}, paced, l, self.pid(), s);
  spawn_native(self, {}, upgrader, l, self.pid());
  int64_t senders = kSenders + 1;
  for (int64_t open = l->count; open > 0;) {
    Message m = co_await receive(self);
    const std::vector<int64_t> n = integers_of(m);
    if (m.topic() == "gap" && n.size() == 3) {
      l->gaps.push_back(n[0]);
      l->pauses.push_back(n[1]);
      l->late.push_back(n[2]);
    } else if (m.topic() == "total" && n.size() == 3) {
      l->received += n[0];
      l->upgrades += n[1];
      l->unread += n[2];
      --open;
    } else if (m.topic() == "sent") {
      if (--senders > 0) continue;
      l->sent_ns = monotonic_ns() - l->begin_ns;
      for (const Pid p : l->targets) static_cast<void>(send(self, p, "end", 0));  // behind everything
    } else {
      ++l->bad;
    }
  }
  l->done.store_release(1);  // -> the test's load
}

void print(const char* what, std::vector<int64_t>& ns) {
  if (ns.empty()) return;
  std::sort(ns.begin(), ns.end());
  const auto at = [&](double q) {
    const auto i = static_cast<std::size_t>(q * static_cast<double>(ns.size()));
    return static_cast<double>(ns[std::min(i, ns.size() - 1)]) / 1e3;
  };
  std::printf("  %-58s p50 %9.1f  p99 %9.1f  p99.9 %9.1f  most %9.1f us  (%zu)\n", what, at(0.5), at(0.99), at(0.999),
              at(1.0), ns.size());
}

TEST(StressUpgrade, UnderAnOpenLoopNothingIsLostDoubledOrReordered) {
  lua::test::LuaNode lua(2);
  for (const char* id : {"app:v1", "app:v2"}) {
    lua::test::ScriptEntry e;
    e.id = id;
    e.source = kServes;
    e.modules = {"time"};
    ASSERT_EQ(lua.add(e), "");
  }
  lua.make_current();
  Load l;
  l.lua = &lua;
  l.host = &lua.node().host().core();
  l.count = std::min(1'000u, stress_scale(200));
  l.each = l.count == 1'000 ? 125 : 25;  // ten seconds, or two
  l.rounds = l.count == 1'000 ? 10 : 4;
  SpawnOptions o;
  o.host = l.host;
  ASSERT_TRUE(spawn_native(lua.node().runtime().node(), o, collector, &l).status.ok());
  const uint64_t until = monotonic_ns() + 120'000 * kMs;
  while (l.done.load_acquire() == 0 && monotonic_ns() < until) nap(kMs);
  ASSERT_EQ(l.done.load_acquire(), 1u) << scheduler_line(lua.node().host().scheduler());
  EXPECT_EQ(l.bad, 0u) << "lost, doubled or out of order";
  EXPECT_EQ(l.received, l.count * l.each * kSenders);
  EXPECT_EQ(l.upgrades, l.count * l.rounds);
  EXPECT_GE(l.gaps.size(), static_cast<std::size_t>(l.count));
  EXPECT_GT(l.unread, l.upgrades / 4) << "mail is unread at the upgrades";
  const double seconds = static_cast<double>(l.sent_ns) / 1e9;
  std::printf(
      "upgrade under load: %ld processes, %ld upgrades, %ld messages at %.0f a second, one every %ld ms each; "
      "%ld were unread at an upgrade\n",
      static_cast<long>(l.count), static_cast<long>(l.upgrades), static_cast<long>(l.received),
      static_cast<double>(l.received) / seconds, static_cast<long>(1000 / kPerSecond), static_cast<long>(l.unread));
  print("from the last message of the old code to the first of the new", l.gaps);
  print("from the call of upgrade to the first line of the new main", l.pauses);
  print("how late the first message behind an upgrade is handled", l.late);
  EXPECT_TRUE(lua.node().empties());
}

}  // namespace
}  // namespace wippy
