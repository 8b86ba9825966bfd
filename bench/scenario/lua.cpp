// Lua processes on one worker: spawn + run + exit, memory while they live, a round trip and one-way messages between two.
// The task worker is the one of the seeds' monitored pool.
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "lua/bytecode.hpp"
#include "lua/library.hpp"
#include "lua/program.hpp"
#include "mailbox/values.hpp"

namespace wippy::bench {

namespace {

constexpr const char* kTaskWorker = R"(
local time = require("time")
local function main(task)
  time.sleep("100ms")
  local result = task.value * 2
  return result
end
return { main = main }
)";
// The same without the wait, so that wall time is what it costs.
constexpr const char* kTaskAtOnce = R"(
local time = require("time")
local function main(task)
  local result = task.value * 2
  return result
end
return { main = main }
)";
// The same behind `bytes` of source that it never calls: what a larger program costs each of its processes.
std::string task_of_size(const char* task, std::size_t bytes) {
  std::string source = "local unused = {}\n";
  for (int i = 1; source.size() + 1 < bytes; ++i) {
    const std::string n = std::to_string(i);
    source += "function unused.f" + n + "(a, b) if a > b then return a * " + n +
              " else return { first = a, second = b } end end\n";
  }
  return source + task;
}
// The same with a longer wait, so that all are alive when memory is measured, however busy the machine is.
constexpr const char* kTaskPatient = R"(
local time = require("time")
local function main(task)
  time.sleep("60s")
  local result = task.value * 2
  return result
end
return { main = main }
)";
constexpr const char* kPonger = R"(
local function main(peer)
  local pings = process.listen("ping")
  process.send(peer, "pong", 0)
  while true do
    local n = pings:receive()
    if n == 0 then return true end
    process.send(peer, "pong", n)
  end
end
return { main = main }
)";
constexpr const char* kPinger = R"(
local function main(host, rounds)
  local pongs = process.listen("pong")
  local peer = assert(process.spawn("bench:ponger", host, process.pid()))
  pongs:receive()
  local sum = 0
  for i = 1, rounds do
    process.send(peer, "ping", i)
    sum = sum + pongs:receive()
  end
  process.send(peer, "ping", 0)
  return sum
end
return { main = main }
)";
constexpr const char* kTableEcho = R"(
local function main(peer)
  local pings = process.listen("ping")
  process.send(peer, "pong", {number = 0})
  while true do
    local t = pings:receive()
    if t.number == 0 then return true end
    process.send(peer, "pong", t)
  end
end
return { main = main }
)";
// The same, and each side checks what it got against a declared type.
constexpr const char* kTask = R"(
type Task = { number, name: string @min_len(1) @max_len(20), ok: boolean, rate: number @min(0) @max(1), number: integer, inner: { string } }
)";
constexpr const char* kCheckedEcho = R"(
local function main(peer)
  local pings = process.listen("ping")
  process.send(peer, "pong", {number = 0})
  while true do
    local t = pings:receive()
    if t.number == 0 then return true end
    process.send(peer, "pong", (assert(Task:is(t))))
  end
end
return { main = main }
)";
constexpr const char* kCheckedPinger = R"(
local function main(host, rounds)
  local pongs = process.listen("pong")
  local peer = assert(process.spawn("bench:checked_echo", host, process.pid()))
  pongs:receive()
  local sum = 0
  assert(not Task:is({1, 2, 3, name = "", ok = true, rate = 0.5, number = 1, inner = {"a"}}))
  assert(not Task:is({1, 2, 3, name = "x", ok = true, rate = 0.5, number = 1, inner = {1}}))
  for i = 1, rounds do
    process.send(peer, "ping", {1, 2, 3, name = "worker", ok = true, rate = 0.5, number = i, inner = {"a", "b"}})
    local t = assert(Task:is(pongs:receive()))
    if t.name == "worker" and t[3] == 3 and t.inner[2] == "b" then sum = sum + t.number end
  end
  process.send(peer, "ping", {number = 0})
  return sum
end
return { main = main }
)";
constexpr const char* kTablePinger = R"(
local function main(host, rounds)
  local pongs = process.listen("pong")
  local peer = assert(process.spawn("bench:table_echo", host, process.pid()))
  pongs:receive()
  local sum = 0
  for i = 1, rounds do
    process.send(peer, "ping", {1, 2, 3, name = "worker", ok = true, rate = 0.5, number = i, inner = {"a", "b"}})
    local t = pongs:receive()
    if t.name == "worker" and t[3] == 3 and t.inner[2] == "b" then sum = sum + t.number end
  end
  process.send(peer, "ping", {number = 0})
  return sum
end
return { main = main }
)";
// One way: `source` sends `value` again and again, after `set`; `sink` adds up what `read` finds in each.
std::string sink_script(const char* read) {
  return std::string(R"(
local function main(peer, count)
  local numbers = process.listen("number")
  process.send(peer, "ready", true)
  local sum = 0
  for i = 1, count do sum = sum + numbers:receive())") +
         read + R"( end
  process.send(peer, "sum", sum)
end
return { main = main }
)";
}
std::string source_script(const char* sink, const char* make, const char* set, const char* value) {
  return std::string(R"(
local function main(host, count)
  local ready, sums = process.listen("ready"), process.listen("sum")
  local peer = assert(process.spawn(")") +
         sink + R"(", host, process.pid(), count))
  ready:receive()
  )" + make +
         "for i = 1, count do " + set + "process.send(peer, \"number\", " + value + R"() end
  return sums:receive()
end
return { main = main }
)";
}

constexpr std::size_t kSourceKib[] = {1, 4, 16, 64};
std::string sized(const char* entry, std::size_t kib) { return entry + ("_" + std::to_string(kib)) + "k"; }
// Receives on a topic it listens to, with `backlog` messages of other topics unread in the same mailbox. The driver times from
// `ready` to `sum`.
constexpr const char* kSelective = R"(
local function main(driver, backlog, rounds)
  local me = process.pid()
  for i = 1, backlog do process.send(me, "other " .. i % 50, i) end
  local mine, go = process.listen("mine"), process.listen("go")
  process.send(me, "mine", 0)
  mine:receive()
  process.send(driver, "ready")
  go:receive()
  local sum = 0
  for i = 1, rounds do
    process.send(me, "mine", i)
    sum = sum + mine:receive()
  end
  process.send(driver, "sum", sum)
end
return { main = main }
)";

// Entries by name; outlives the processes of its run.
class Entries final : public ProcessDirectory {
 public:
  explicit Entries(BenchNode& node) : node_(node), hooks_(*this) {
    add("bench:task_worker", kTaskWorker, {"time"});
    add("bench:task_at_once", kTaskAtOnce, {"time"});
    add("bench:task_patient", kTaskPatient, {"time"});
    for (const std::size_t kib : kSourceKib) {
      add(sized("bench:task_at_once", kib), task_of_size(kTaskAtOnce, kib << 10), {"time"});
      add(sized("bench:task_patient", kib), task_of_size(kTaskPatient, kib << 10), {"time"});
    }
    add("bench:ponger", kPonger, {});
    add("bench:pinger", kPinger, {});
    add("bench:table_echo", kTableEcho, {});
    add("bench:table_pinger", kTablePinger, {});
    add("bench:checked_echo", std::string(kTask) + kCheckedEcho, {});
    add("bench:checked_pinger", std::string(kTask) + kCheckedPinger, {});
    add("bench:selective", kSelective, {});
    add("bench:sink", sink_script(""), {});
    add("bench:source", source_script("bench:sink", "", "", "i"), {});
    // The arguments of seed 002's tasks; the receiver makes a table of its own of each.
    add("bench:table_sink", sink_script(".value"), {});
    add("bench:table_source",
        source_script("bench:table_sink", "local task = {task_id = 1, value = 0} ", "task.value = i ", "task"), {});
  }
  SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments,
                    SpawnOptions options) override {
    const auto it = programs_.find(entry_id);
    if (it == programs_.end()) {
      SpawnResult r;
      r.status = Status::error(ErrorKind::kNotFound, "no such entry");
      return r;
    }
    lua::LuaFactory factory(it->second, hooks_, arguments, 1);
    return self.spawn(factory, std::move(options));
  }
  Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                      std::string& error_text) override {
    const auto it = programs_.find(entry_id);
    if (it == programs_.end()) return Status::error(ErrorKind::kNotFound, "no such entry");
    lua::LuaFactory factory(it->second, hooks_, arguments, 1);
    return factory.create(self, machine, error_text);
  }
  HostCore* find_host(std::string_view id) noexcept override { return node_.runtime().node().find_host(id); }

 private:
  void add(const std::string& id, const std::string& source, std::vector<std::string> modules) {
    auto p = std::make_shared<lua::LuaProgram>();
    p->entry_id = id;
    p->modules = std::move(modules);
    std::string error;
    if (!lua::compile(source, id, p->bytecode, error).ok()) throw std::runtime_error(error);
    programs_.emplace(id, std::move(p));
  }
  BenchNode& node_;
  lua::StandardHooks hooks_;
  std::map<std::string, std::shared_ptr<const lua::LuaProgram>, std::less<>> programs_;
};

int64_t number_in(const Message& exit) {
  ValueReader r;
  r.open_value(exit.body());
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : -1;
}
std::string why(const Message& exit) {
  ValueReader r;
  r.open_value(exit.body());
  const ValueItem& item = r.next();
  return item.token == Token::kError ? std::string(item.text) : "a process ended badly";
}

void task_arguments(ValueWriter& w, int64_t i) {
  w.reset_body({}, 1);
  w.begin_table(0);
  w.string("task_id", 7);
  w.integer(i);
  w.string("value", 5);
  w.integer(i * 10);
  w.end_table();
}

// Spawns `count` monitored tasks and adds up what they return.
Behavior task_driver(Context& self, Job* job, Entries* entries, const char* entry, uint64_t count) {
  job->begin();
  uint64_t ended = 0;
  int64_t sum = 0;
  for (uint64_t i = 1; i <= count; ++i) {
    ValueWriter w;
    task_arguments(w, static_cast<int64_t>(i));
    SpawnOptions o;
    o.monitor = true;
    const SpawnResult r = entries->spawn(self, entry, w.view(), o);
    if (!r.status.ok()) {
      job->fail(r.error_text.empty() ? r.status.message : r.error_text);
      co_return;
    }
    if (i % 16 == 0) co_await yield(self);
  }
  while (ended < count) {
    Message m = co_await receive(self);
    if (m.kind() != SignalKind::kExit) continue;
    if (m.abnormal()) {
      job->fail(why(m));
      co_return;
    }
    sum += number_in(m);
    ++ended;
  }
  if (sum == static_cast<int64_t>(count * (count + 1) * 10)) {
    job->end();
  } else {
    job->fail("the sum of the results is wrong");
  }
}

Measured tasks(const std::string& entry, uint64_t ops) {
  BenchNode& node = nodes().pair();
  Entries entries(node);
  return node.run(kSecondHost, task_driver, &entries, entry.c_str(), ops);
}

// Runs one Lua process with (host, count) and expects count * (count + 1) / 2 back.
Behavior pair_driver(Context& self, Job* job, Entries* entries, const char* entry, const std::string* host,
                     uint64_t count) {
  ValueWriter w;
  w.reset_body({}, 2);
  w.string(host->data(), host->size());
  w.integer(static_cast<int64_t>(count));
  SpawnOptions o;
  o.monitor = true;
  job->begin();
  const SpawnResult r = entries->spawn(self, entry, w.view(), o);
  if (!r.status.ok()) {
    job->fail(r.error_text.empty() ? r.status.message : r.error_text);
    co_return;
  }
  Message m = co_await receive(self);
  if (m.abnormal()) {
    job->fail(why(m));
  } else if (number_in(m) != static_cast<int64_t>(count * (count + 1) / 2)) {
    job->fail("the sum of the numbers is wrong");
  } else {
    job->end();
  }
}

Measured pair_of(const char* entry, uint64_t ops) {
  BenchNode& node = nodes().pair();
  Entries entries(node);
  const std::string host = node.host(kSecondHost).id();
  return node.run(kSecondHost, pair_driver, &entries, entry, &host, ops);
}

Behavior selective_driver(Context& self, Job* job, Entries* entries, uint64_t backlog, uint64_t rounds) {
  ValueWriter w;
  w.reset_body({}, 3);
  const std::string me = self.node().format(self.pid());
  w.string(me.data(), me.size());
  w.integer(static_cast<int64_t>(backlog));
  w.integer(static_cast<int64_t>(rounds));
  const SpawnResult r = entries->spawn(self, "bench:selective", w.view(), {});
  if (!r.status.ok()) {
    job->fail(r.error_text.empty() ? r.status.message : r.error_text);
    co_return;
  }
  { Message ready = co_await receive(self); }
  job->begin();
  static_cast<void>(send(self, r.pid, "go", 1));
  Message m = co_await receive(self);
  if (m.integer() == static_cast<int64_t>(rounds * (rounds + 1) / 2)) {
    job->end();
  } else {
    job->fail("the sum of the numbers is wrong");
  }
}

Measured selective(uint64_t backlog, uint64_t ops) {
  BenchNode& node = nodes().pair();
  Entries entries(node);
  return node.run(kSecondHost, selective_driver, &entries, backlog, ops);
}

Measured live_bytes(const std::string& entry, uint64_t ops) {
  BenchNode node("tasks", {1});
  Entries entries(node);
  ThreadMemory scope(node.runtime().pools(), NodeId{0}, ReaderKind::kOutside);
  Job job;
  struct Crowd {
    static Behavior main(Context& self, Job* job, Entries* entries, const char* entry, uint64_t count) {
      for (uint64_t i = 1; i <= count; ++i) {
        ValueWriter w;
        task_arguments(w, static_cast<int64_t>(i));
        if (!entries->spawn(self, entry, w.view(), {}).status.ok()) {
          job->fail("a task did not start");
          co_return;
        }
        if (i % 16 == 0) co_await yield(self);
      }
      co_await sleep_for(self, 1'000'000);
      job->end();
    }
  };
  job.begin();
  SpawnOptions o;
  o.host = &node.host(0);
  const uint64_t before = resident_bytes();
  const SpawnResult r = spawn_native(node.runtime().node(), o, Crowd::main, &job, &entries, entry.c_str(), ops);
  if (!r.status.ok() || !job.wait()) return Measured::wrong("the tasks did not start");
  const uint64_t after = resident_bytes();
  const int64_t alive = node.runtime().node().live_processes();
  Measured m = job.result();
  m.bytes = static_cast<double>(after - before) / static_cast<double>(ops);
  if (m.error.empty() && alive < static_cast<int64_t>(ops)) m.error = "not all tasks are alive";
  if (!node.clear()) m.error = "processes are left";
  return m;
}

const ScenarioCase kAtOnce("lua/spawn_run_exit", "task worker without its wait: spawn + run + exit event",
                           {"malloc_pair"}, {.ops = 10'000, .smoke_ops = 50},
                           [](uint64_t ops) { return tasks("bench:task_at_once", ops); });
const ScenarioCase kWaiting("lua/spawn_wait_exit", "task worker: spawn + 100 ms wait + exit event, all alive at once",
                            {"malloc_pair"}, {.ops = 5'000, .smoke_ops = 50, .metric = Metric::kCpu},
                            [](uint64_t ops) { return tasks("bench:task_worker", ops); });
const ScenarioCase kMemory("lua/memory_task_worker", "resident bytes of a task worker that waits", {},
                           {.ops = 4'000, .smoke_ops = 100, .metric = Metric::kBytes},
                           [](uint64_t ops) { return live_bytes("bench:task_patient", ops); });
// The curve over source size: what a process pays for the program that it is one of.
template <std::size_t kib>
struct SizedCases {
  ScenarioCase spawn{sized("lua/spawn_run_exit", kib),
                     std::to_string(kib) + " KiB of source: spawn + run + exit event",
                     {"malloc_pair"},
                     {.ops = 160'000 / (kib + 15), .smoke_ops = 20},
                     [](uint64_t ops) { return tasks(sized("bench:task_at_once", kib), ops); }};
  ScenarioCase memory{sized("lua/memory", kib),
                      std::to_string(kib) + " KiB of source: resident bytes while it waits",
                      {},
                      {.ops = 64'000 / (kib + 15), .smoke_ops = 20, .metric = Metric::kBytes},
                      [](uint64_t ops) { return live_bytes(sized("bench:task_patient", kib), ops); }};
};
const SizedCases<1> kSized1;
const SizedCases<4> kSized4;
const SizedCases<16> kSized16;
const SizedCases<64> kSized64;
const ScenarioCase kRoundTrip("lua/round_trip", "number to another Lua process and back, one worker", {"exchange"},
                              {.ops = 100'000, .smoke_ops = 100},
                              [](uint64_t ops) { return pair_of("bench:pinger", ops); });
const ScenarioCase kTableTrip("lua/table_round_trip", "table to another Lua process and back, one worker", {"exchange"},
                              {.ops = 30'000, .smoke_ops = 50},
                              [](uint64_t ops) { return pair_of("bench:table_pinger", ops); });
const ScenarioCase kChecked(
    "lua/round_trip_checked",
    "table to another Lua process and back, each time checked against a declared type, one worker", {"exchange"},
    {.ops = 30'000, .smoke_ops = 50}, [](uint64_t ops) { return pair_of("bench:checked_pinger", ops); });
const ScenarioCase kOneWay("lua/one_way", "number to another Lua process, one worker", {"exchange"},
                           {.ops = 200'000, .smoke_ops = 200},
                           [](uint64_t ops) { return pair_of("bench:source", ops); });
const ScenarioCase kSelectiveNone("lua/listen_behind_0",
                                  "number to itself on a topic it listens to, nothing else unread", {},
                                  {.ops = 200'000, .smoke_ops = 200}, [](uint64_t ops) { return selective(0, ops); });
const ScenarioCase kSelectiveSome("lua/listen_behind_1000", "the same behind 1,000 unread messages of other topics", {},
                                  {.ops = 200'000, .smoke_ops = 200},
                                  [](uint64_t ops) { return selective(1000, ops); });
const ScenarioCase kSelectiveMany("lua/listen_behind_100000", "the same behind 100,000 unread messages of other topics",
                                  {}, {.ops = 200'000, .smoke_ops = 200},
                                  [](uint64_t ops) { return selective(100'000, ops); });
const ScenarioCase kTableOneWay("lua/table_one_way", "small table to another Lua process, which reads it, one worker",
                                {"exchange"}, {.ops = 100'000, .smoke_ops = 100},
                                [](uint64_t ops) { return pair_of("bench:table_source", ops); });

}  // namespace

}  // namespace wippy::bench
