// libs: wippy_lua wippy_runtime wippy_cli
// 24 endless loops on two workers: what others wait beside them, and how long a loop lives after its terminate. Prints its
// figures. Other programs may hold both cores, so the best of three tries counts, and of 48 kills not the slowest four.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "lua/preempt.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

constexpr double kRoundTripMs = kCountMode ? 250 : 25;  // without the tick: a sanitizer build
constexpr double kKillMs = kCountMode ? 200 : 20;
constexpr int kTries = 3;

constexpr const char* kLoop = "return { main = function() while true do end end }";
constexpr const char* kPong = R"(return { main = function()
  local pings = process.inbox()
  while true do
    local m = pings:receive()
    process.send(m:from(), "pong", true)
  end
end })";
// What the measuring processes share.
constexpr const char* kMeasuring =
    R"(local time = require("time")
local host, crowd = "app:processes", 24
local events = process.events()
local function now() return time.now():unix_nano() / 1e6 end
local function crowd_of_loops()
  local loops = {}
  for i = 1, crowd do loops[i] = assert(process.spawn_monitored("app.test:loop", host)) end
  time.sleep("30ms")
  return loops
end
local function figures(list)
  table.sort(list)
  local function at(share) return list[math.max(1, math.ceil(#list * share))] end
  return string.format("%.3f %.3f %.3f %.3f", at(0.5), at(0.9), at(0.99), list[#list])
end
)";
// `pause`: between two round trips.
std::string round_trips(const char* pause, int rounds) {
  return std::string("local pause, rounds = ") + pause + ", " + std::to_string(rounds) + R"(
return { main = function()
  crowd_of_loops()
  local list, replies = {}, process.listen("pong")
  local pong = process.spawn("app.test:pong", host)
  local until_ms = now() + 3000
  repeat
    local begin = now()
    process.send(pong, "ping", true)
    replies:receive()
    list[#list + 1] = now() - begin
    if pause then time.sleep(pause) end
  until #list == rounds or now() > until_ms
  return figures(list)
end })";
}
// How much later than asked a sleeper goes on; and from a spawn to the child's first message.
constexpr const char* kSleeps = R"(
return { main = function()
  crowd_of_loops()
  local list = {}
  for i = 1, 100 do
    local begin = now()
    time.sleep("3ms")
    list[i] = now() - begin - 3
  end
  return figures(list)
end })";
constexpr const char* kBirths = R"(
return { main = function()
  crowd_of_loops()
  local list, born = {}, process.listen("born")
  for i = 1, 100 do
    local begin = now()
    process.spawn("app.test:child", host, process.pid())
    born:receive()
    list[i] = now() - begin
  end
  return figures(list)
end })";
constexpr const char* kChild = R"(return { main = function(parent) process.send(parent, "born", true) end })";
// One by one; each is replaced, so that there are always 24.
constexpr const char* kKills = R"(
return { main = function()
  local loops, list = crowd_of_loops(), {}
  for i = 1, 48 do
    local victim = loops[1 + i % crowd]
    local begin = now()
    process.terminate(victim)
    assert(events:receive().from == victim)
    list[i] = now() - begin
    loops[1 + i % crowd] = process.spawn_monitored("app.test:loop", host)
    time.sleep("3ms")
  end
  return figures(list)
end })";

struct Figures {
  double p50 = 1e9, p90 = 1e9, p99 = 1e9, max = 1e9;  // ms
};

Figures measure(const char* what, const std::string& source) {
  LuaNode node(2);
  node.make_current();
  Figures f;
  for (const auto& [id, text] : {std::pair<const char*, std::string>{"app.test:loop", kLoop},
                                 {"app.test:pong", kPong},
                                 {"app.test:child", kChild},
                                 {"app.test:main", kMeasuring + source}}) {
    ScriptEntry e;
    e.id = id;
    e.method = "main";
    e.source = text;
    e.modules = {"time"};
    EXPECT_EQ(node.add(e), "");
  }
  const LuaNode::Ending end = node.run("app.test:main");
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(std::sscanf(end.text.c_str(), "%lf %lf %lf %lf", &f.p50, &f.p90, &f.p99, &f.max), 4) << end.text;
  std::printf("%-28s p50 %8.3f   p90 %8.3f   p99 %8.3f   max %8.3f ms\n", what, f.p50, f.p90, f.p99, f.max);
  return f;
}

double best_of(const char* what, const std::string& source, double Figures::*figure, double wanted_ms) {
  double best = 1e9;
  for (int i = 0; i < kTries && best > wanted_ms; ++i) best = std::min(best, measure(what, source).*figure);
  return best;
}

TEST(Fairness, C323_APingPongPairBesideLoops) {
  EXPECT_LE(best_of("round trips", round_trips("nil", 20'000), &Figures::p99, kRoundTripMs), kRoundTripMs);
}
TEST(Fairness, C323_APairThatPausesBesideLoops) {
  EXPECT_LE(best_of("round trips with pauses", round_trips("'2ms'", 200), &Figures::p99, kRoundTripMs), kRoundTripMs);
}
TEST(Fairness, C323_SleepersBesideLoops) {
  EXPECT_LE(best_of("lateness of sleeps", kSleeps, &Figures::p99, kRoundTripMs), kRoundTripMs);
}
TEST(Fairness, C323_ChildrenBesideLoops) {
  EXPECT_LE(best_of("spawn to first message", kBirths, &Figures::p99, kRoundTripMs), kRoundTripMs);
}
TEST(Fairness, C054_TerminateOfOneOfManyLoops) {
  EXPECT_LE(best_of("terminate to exit", kKills, &Figures::p90, kKillMs), kKillMs);
}

}  // namespace
}  // namespace wippy::lua::test
