// libs: wippy_lua wippy_runtime wippy_cli
// Many at once: Lua processes that are all alive and each answer one message, and crowds that wait and cost nothing.
// make proof-stress: 100,000 that answer, 100,000 native and 10,000 Lua ones that wait.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "memory/atomic.hpp"
#include "runtime/observe/scheduler_text.hpp"
#include "stress/plant.hpp"
#include "stress/scale.hpp"
#include "unit/lua_process/lua_node.hpp"

namespace wippy {
namespace {

using namespace stress;

struct Crowd {
  lua::test::LuaNode* lua = nullptr;  // null: native ones
  HostCore* host = nullptr;
  uint32_t count = 0;
  std::vector<Pid> pids;
  Atomic<uint32_t> ready{0};     // everybody is spawned
  Atomic<uint32_t> answered{0};  // … has answered
  uint64_t wrong = 0;            // the driver's until `answered`
};

template <class Condition>
bool comes_true(Condition&& c, uint64_t seconds) {
  const uint64_t until = monotonic_ns() + seconds * 1000 * kMs;
  while (!c() && monotonic_ns() < until) nap(kMs);
  return c();
}

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

Behavior waiter(Context& self) { Message m = co_await receive(self); }

SpawnResult spawn_one(Context& self, Crowd& c) {
  SpawnOptions o;
  o.host = c.host;
  if (c.lua == nullptr) return spawn_native(self, o, waiter);
  ValueWriter w;
  w.reset_body({}, 0);
  return c.lua->spawn(self, "app:member", w.view(), o);
}

// Spawns the crowd; told "ask", sends everybody a number and takes the answers.
Behavior crowd_driver(Context& self, Crowd* c) {
  for (uint32_t i = 0; i < c->count; ++i) {
    const SpawnResult r = spawn_one(self, *c);
    if (!r.status.ok()) ++c->wrong;
    c->pids.push_back(r.pid);
    if (i % 32 == 31) co_await yield(self);
  }
  c->ready.store_release(1);  // -> the test's load
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kMessage && m.topic() == "ask") break;
  }
  std::vector<bool> seen(c->count, false);
  for (uint32_t i = 0; i < c->count; ++i) {
    if (!send(self, c->pids[i], "n", i).ok()) ++c->wrong;
    if (i % 32 == 31) co_await yield(self);
  }
  for (uint32_t i = 0; i < c->count; ++i) {
    Message m = co_await receive(self);
    const auto who = static_cast<uint64_t>(m.integer() - 1);
    if (m.topic() != "answer" || who >= c->count || seen[who] || m.from().value != c->pids[who].value) {
      ++c->wrong;
    } else {
      seen[who] = true;
    }
  }
  c->answered.store_release(1);  // -> the test's load
  Message more = co_await receive_for(self, 100 * kMs);
  if (more) c->answered.store_release(2);  // -> the test's load: an answer too many
}

void tell(NodeCore& node, Pid to, std::string_view topic) {
  std::string body(1, static_cast<char>(topic.size()));
  body += topic;
  body += '\0';
  EXPECT_TRUE(node.deliver(to, make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), body.size())));
}

uint32_t alive_of(NodeCore& node, const Crowd& c) {
  return static_cast<uint32_t>(std::count_if(c.pids.begin(), c.pids.end(), [&](Pid p) { return node.alive(p); }));
}

constexpr const char* kAnswers = R"(
return { main = function()
  local inbox = process.inbox()
  local m = inbox:receive()
  process.send(m:from(), "answer", m:payload():data() + 1)
  inbox:receive()
end })";
constexpr const char* kWaits = "return { main = function() process.inbox():receive() end }";

void add_member(lua::test::LuaNode& lua, const char* source) {
  lua::test::ScriptEntry e;
  e.id = "app:member";
  e.source = source;
  ASSERT_EQ(lua.add(e), "");
  lua.make_current();
}

TEST(StressProof, LuaCrowdAnswers) {
  lua::test::LuaNode lua(2);
  add_member(lua, kAnswers);
  NodeCore& node = lua.node().runtime().node();
  Crowd c;
  c.lua = &lua;
  c.host = &lua.node().host().core();
  c.count = std::min(100'000u, stress_scale(1'000));
  const uint64_t resident_before = resident_bytes();
  const uint64_t begin_ns = monotonic_ns();
  SpawnOptions o;
  o.host = c.host;
  const SpawnResult driver = spawn_native(node, o, crowd_driver, &c);
  ASSERT_TRUE(driver.status.ok());
  ASSERT_TRUE(comes_true([&] { return c.ready.load_acquire() != 0; }, 1200));
  EXPECT_EQ(alive_of(node, c), c.count);
  const uint64_t spawned_ns = monotonic_ns();
  const uint64_t resident_spawned = resident_bytes();
  tell(node, driver.pid, "ask");
  ASSERT_TRUE(comes_true([&] { return c.answered.load_acquire() != 0; }, 1200));
  const uint64_t answered_ns = monotonic_ns();
  EXPECT_EQ(alive_of(node, c), c.count) << "all of them at once";
  const uint64_t resident_answered = resident_bytes();
  EXPECT_TRUE(comes_true([&] { return !node.alive(driver.pid); }, 60));
  EXPECT_EQ(c.answered.load_acquire(), 1u) << "an answer too many";
  EXPECT_EQ(c.wrong, 0u);
  for (const Pid p : c.pids) tell(node, p, "stop");
  EXPECT_TRUE(comes_true([&] { return node.live_processes() == 0; }, 600));
  std::printf(
      "lua: %u alive at once, %.2f s to spawn, %.2f s for all answers; resident bytes each: %lu, answered %lu\n",
      c.count, static_cast<double>(spawned_ns - begin_ns) / 1e9, static_cast<double>(answered_ns - spawned_ns) / 1e9,
      static_cast<unsigned long>((resident_spawned - resident_before) / c.count),
      static_cast<unsigned long>((resident_answered - resident_before) / c.count));
}

// --- what moves while nobody has anything to do

struct Activity {
  CounterTotals workers;
  uint64_t looks = 0;
  std::map<std::string, uint64_t> switches;  // voluntary, by thread; not the caller's
};

// ThreadSanitizer has a thread of its own that wakes ten times a second. It bears the program's name; ours have theirs.
bool of_the_sanitizer([[maybe_unused]] const std::filesystem::path& task) {
#if defined(__SANITIZE_THREAD__)
  const auto name_of = [](const std::filesystem::path& of) {
    std::ifstream in(of / "comm");
    std::string name;
    std::getline(in, name);
    return name;
  };
  return name_of(task) == name_of("/proc/self");
#else
  return false;
#endif
}

uint64_t voluntary_switches(const std::filesystem::path& task) {
  std::ifstream in(task / "status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("voluntary_ctxt_switches:", 0) == 0) return std::stoull(line.substr(line.find(':') + 1));
  }
  ADD_FAILURE() << "no count of switches in " << task;
  return 0;
}

Activity activity_of(test::Node& n) {
  Activity a;
  a.workers = n.host().scheduler().totals();
  a.looks = n.runtime().monitor().looks().read();
  const std::string me = std::filesystem::read_symlink("/proc/thread-self").filename();
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const std::string id = task.path().filename();
    if (id != me && !of_the_sanitizer(task.path())) a.switches[id] = voluntary_switches(task.path());
  }
  return a;
}

// Everything that moved, as text; empty: silence.
std::string difference(const Activity& a, const Activity& b) {
  std::string out;
  for (const CounterField& f : kCounterFields) {
    const uint64_t d = b.workers.*f.total - a.workers.*f.total;
    if (d != 0) out += std::string(f.name) + " +" + std::to_string(d) + " ";
  }
  if (a.looks != b.looks) out += "looks +" + std::to_string(b.looks - a.looks) + " ";
  if (a.switches.size() != b.switches.size()) out += "threads ";
  for (const auto& [id, before] : a.switches) {
    const auto it = b.switches.find(id);
    if (it != b.switches.end() && it->second != before) {
      out += "thread " + id + " switches +" + std::to_string(it->second - before) + " ";
    }
  }
  return out;
}

// Waits until all has been silent for 100 ms, then measures a second.
std::string heard_in_a_second(test::Node& n) {
  const bool settled = comes_true(
      [&] {
        const Activity a = activity_of(n);
        nap(100 * kMs);
        return difference(a, activity_of(n)).empty();
      },
      60);
  EXPECT_TRUE(settled) << scheduler_line(n.host().scheduler());
  const Activity a = activity_of(n);
  nap(1000 * kMs);
  const Activity b = activity_of(n);
  EXPECT_GE(a.switches.size(), n.host().scheduler().worker_count() + 1) << "workers and the monitor are looked at";
  return difference(a, b);
}

// Leaves the crowd waiting; its driver, too.
void gather(test::Node& n, Crowd& c) {
  c.host = &n.host().core();
  SpawnOptions o;
  o.host = c.host;
  const SpawnResult driver = spawn_native(n.runtime().node(), o, crowd_driver, &c);
  ASSERT_TRUE(driver.status.ok());
  ASSERT_TRUE(comes_true([&] { return c.ready.load_acquire() != 0; }, 600));
  EXPECT_EQ(alive_of(n.runtime().node(), c), c.count);
  EXPECT_EQ(c.wrong, 0u);
  c.pids.push_back(driver.pid);
}

void dismiss(test::Node& n, const Crowd& c) {
  for (const Pid p : c.pids) EXPECT_TRUE(n.runtime().node().kill(p, Control::kKillTerminate));
  EXPECT_TRUE(comes_true([&] { return n.runtime().node().live_processes() == 0; }, 120));
}

TEST(StressProof, IdleNativeCrowdIsSilent) {
  test::Node n(2);
  Crowd c;
  c.count = std::min(100'000u, stress_scale(20'000));
  gather(n, c);
  EXPECT_EQ(heard_in_a_second(n), "");
  std::printf("idle: %u native processes, nothing moved in 1 s\n", c.count);
  dismiss(n, c);
}

TEST(StressProof, IdleLuaCrowdIsSilent) {
  lua::test::LuaNode lua(2);
  add_member(lua, kWaits);
  Crowd c;
  c.lua = &lua;
  c.count = std::min(10'000u, stress_scale(1'000));
  gather(lua.node(), c);
  EXPECT_EQ(heard_in_a_second(lua.node()), "");
  std::printf("idle: %u Lua processes, nothing moved in 1 s\n", c.count);
  dismiss(lua.node(), c);
}

// The measurement itself: one process that wakes once in the measured second is heard, in every way.
TEST(StressProof, OneWakeUpIsHeard) {
  test::Node n(2);
  Crowd c;
  c.count = 100;
  gather(n, c);
  SpawnOptions o;
  o.host = c.host;
  const Activity a = activity_of(n);
  ASSERT_TRUE(spawn_native(n.runtime().node(), o, [](Context& self) -> Behavior {
                co_await sleep_for(self, 300 * kMs);
              }).status.ok());
  nap(150 * kMs);
  const Activity b = activity_of(n);
  nap(1000 * kMs);
  const std::string heard = difference(b, activity_of(n));
  for (const char* what : {"steps", "parks", "timers_fired", "looks", "thread "}) {
    EXPECT_NE(heard.find(what), std::string::npos) << what << " is not in: " << heard;
  }
  EXPECT_NE(difference(a, b), "");
  dismiss(n, c);
}

}  // namespace
}  // namespace wippy
