// Lua in the simulation: what a script can observe repeats in every start of the program (rulings.md S9). Address space
// layout randomisation is on, so the starts really differ.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

#include "lua/hooks.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "runtime/runtime.hpp"
#include "runtime/sim/sim.hpp"
#include "scheduler/parker.hpp"

namespace wippy::simtest {
namespace {

constexpr int kStarts = 20;

// Order of pairs over strings and over tables, texts of objects, random numbers, and how two preempted processes' steps
// fall: all in one line.
constexpr const char* kSource = R"(
local function main()
  local out, t, objects = {}, {}, {}
  for _, name in ipairs{"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"} do
    t[name] = true
    local o = {name = name}
    objects[o] = name
    objects[function() return name end] = name .. "f"
  end
  for k in pairs(t) do out[#out + 1] = k end
  for _, v in pairs(objects) do out[#out + 1] = v end
  out[#out + 1] = tostring(t) .. " " .. math.random(1000000)
  for i = 1, 20000 do t[i % 7] = i end
  coroutine.spawn(function() for i = 1, 5000 do out[1] = out[1] end end)
  coroutine.yield()
  return table.concat(out, " ")
end
return {main = main}
)";

struct Results {
  Atomic<uint32_t> ended{0};
  std::string text;  // one OS thread: fibers do not need a lock
  Parker* parker = nullptr;
};
Results* g_results = nullptr;

lua::LuaHooks hooks() {
  lua::LuaHooks h;
  h.main_returned = [](lua_State* L, int) {
    Context& self = lua::context_of(L);
    const char* text = lua_tostring(L, -1);
    g_results->text += std::string(text != nullptr ? text : "?") + "\n";
    self.finish(ExitReason::normal());
    g_results->ended.fetch_add_acq_rel(1);  // partner: the load in run_once
    g_results->parker->unpark();
  };
  h.task_failed = [](lua_State* L, int index) {
    const char* text = lua_tostring(L, index);
    g_results->text += std::string("error: ") + (text != nullptr ? text : "?") + "\n";
    lua::context_of(L).finish(ExitReason::normal());
    g_results->ended.fetch_add_acq_rel(1);  // partner: the load in run_once
    g_results->parker->unpark();
  };
  return h;
}

std::string run_once(uint64_t seed) {
  constexpr uint32_t kProcesses = 3;
  std::string out;
  sim::Options options;
  options.max_points = 200'000'000;
  const sim::Result r = sim::run(seed, options, [&] {
    auto program = std::make_shared<lua::LuaProgram>();
    program->entry_id = "app:order";
    std::string error;
    if (!lua::compile(kSource, "app:order", program->bytecode, error).ok()) return 1;
    const lua::LuaHooks h = hooks();
    Results results;
    Parker parker;
    results.parker = &parker;
    g_results = &results;
    {
      Runtime::Config config;
      config.seed = seed;
      Runtime runtime(config);
      HostOptions o;
      o.id = "app:processes";
      o.workers = 2;
      ProcessHost& host = runtime.add_host(o);
      if (!host.start().ok()) return 1;
      for (uint32_t i = 0; i < kProcesses; ++i) {
        lua::LuaFactory factory(program, h, {}, seed);
        SpawnOptions so;
        so.host = &host.core();
        if (!runtime.node().spawn(factory, so).status.ok()) return 1;
      }
      while (results.ended.load_acquire() != kProcesses)
        static_cast<void>(parker.park(kNeverNs));  // partner: the hooks
      static_cast<void>(runtime.stop(1'000'000'000));
    }
    out = results.text;
    return 0;
  });
  return out + sim::summary(seed, r) + (r.code == 0 ? "" : " failed: " + r.report);
}

// Only for the tests below: prints one run.
TEST(LuaOrder, PrintOneRun) {
  const char* seed = std::getenv("WIPPY_LUA_ORDER_SEED");
  if (seed == nullptr) return;  // not started by the tests below
  std::printf("<<<%s>>>\n", run_once(std::strtoull(seed, nullptr, 10)).c_str());
}

std::string output_of_start(uint64_t seed) {
  const std::string command = "WIPPY_LUA_ORDER_SEED=" + std::to_string(seed) + " /proc/" + std::to_string(getpid()) +
                              "/exe --gtest_filter=LuaOrder.PrintOneRun 2>&1";
  std::string out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  pclose(pipe);
  const std::size_t begin = out.find("<<<");
  const std::size_t end = out.find(">>>");
  if (begin == std::string::npos || end == std::string::npos) return "no result: " + out;
  return out.substr(begin, end - begin);
}

TEST(LuaOrder, TheSameInEveryStart) {
  const std::string first = output_of_start(7);
  EXPECT_NE(first.find("alpha"), std::string::npos) << first;
  EXPECT_EQ(first.find("error"), std::string::npos) << first;
  for (int i = 1; i < kStarts; ++i) ASSERT_EQ(output_of_start(7), first) << "start " << i;
}

TEST(LuaOrder, TheSameTwiceInOneStart) { EXPECT_EQ(run_once(11), run_once(11)); }

TEST(LuaOrder, AnotherSeedIsAnotherRun) { EXPECT_NE(output_of_start(7), output_of_start(8)); }

}  // namespace
}  // namespace wippy::simtest
