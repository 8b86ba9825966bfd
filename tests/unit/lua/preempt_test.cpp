// libs: wippy_lua wippy_runtime
// Preemption and kills (issue 1, "Shown by" 6; rulings S6).
#include <algorithm>

#include "lua/preempt.hpp"
#include "tests/unit/lua/engine_fixture.hpp"

namespace wippy::lua::test {
namespace {

// The issue's 20 ms. Other programs may hold both cores for that long, so the best of three tries counts; no try may take
// longer than kMostMs.
constexpr double kKillMs = kCountMode ? 200 : 20;  // without the tick: a sanitizer build
constexpr double kMostMs = 2000;
constexpr int kTries = 3;

class Preempt : public ::testing::Test {
 protected:
  // Spawns an endless loop on the only worker, shows that others still run, kills it and looks at the time.
  void expect_endable(const std::string& loop, bool preemptible = true) {
    double best_ms = kMostMs;
    for (int i = 0; i < kTries && best_ms >= kKillMs; ++i) {
      const SpawnResult r = node.spawn("return function() " + loop + " end");
      ASSERT_TRUE(r.status.ok()) << r.error_text;
      usleep(10'000);
      if (preemptible) {
        EXPECT_EQ(node.run("return 'other'"), "'other' ");
      }
      EXPECT_TRUE(node.runtime().node().alive(r.pid)) << loop;
      best_ms = std::min(best_ms, node.kill(r.pid));
      EXPECT_EQ(reports().take_printed(), "") << loop;
    }
    EXPECT_LT(best_ms, kKillMs) << loop;
  }
  // Of processes that block or share: no more than one slice each.
  void expect_killed(Pid pid) { EXPECT_LT(node.kill(pid), kMostMs); }
  LuaNode node{1};
};

TEST_F(Preempt, PlainLoop) { expect_endable("while true do end"); }

TEST_F(Preempt, LoopThreeCoroutinesDeep) {
  expect_endable(R"(local function deep(n)
      if n == 0 then while true do end end
      local ok = coroutine.resume(coroutine.create(function() deep(n - 1) end))
      print("user code saw a yield", ok)
    end deep(3))");
}

TEST_F(Preempt, LoopInWraps) {
  expect_endable(
      "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() print('seen') end)() "
      "print('seen')");
}

TEST_F(Preempt, LoopUnderPcall) {
  expect_endable("while true do pcall(function() while true do end end) print('caught') end");
  expect_endable("while true do xpcall(function() while true do end end, function() print('handler') end) end");
}

TEST_F(Preempt, LoopInMetamethod) {
  expect_endable("local t = setmetatable({}, {__index = function() while true do end end}) local x = t.y");
  expect_endable("local t = setmetatable({}, {__lt = function() while true do end end}) local x = t < t");
}

TEST_F(Preempt, LoopInComparator) {
  expect_endable("local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function(a, b) while true do end end)");
  expect_endable("('abc'):gsub('.', function() while true do end end)");
}

TEST_F(Preempt, LoopInCloseVariable) {
  expect_endable("do local x <close> = setmetatable({}, {__close = function() while true do end end}) end");
}

TEST_F(Preempt, LoopWhereNothingCanYield) {
  expect_endable("test.callnoyield(function() while true do end end)", false);
  expect_endable(
      "test.callnoyield(function() while true do pcall(function() while true do end end) print('caught') end end)",
      false);
  expect_endable("test.callnoyield(coroutine.wrap(function() while true do end end))", false);
  expect_endable(R"(test.callnoyield(function()
      local x <close> = setmetatable({}, {__close = function() print("closed after the kill") end})
      xpcall(function() while true do end end, function() print("handler after the kill") end) end))",
                 false);
  expect_endable(R"(local co = coroutine.create(function()
      local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end)
    coroutine.resume(co) coroutine.close(co))",
                 false);
  expect_endable("xpcall(error, function() while true do end end)", false);
}

TEST_F(Preempt, LongLibraryCalls) {
  expect_endable("while true do local s = ('a'):rep(1e6) s:find('b') end");
  expect_endable("('a'):rep(30000):find(('a*'):rep(30) .. 'b')");
  expect_endable("local s = ('x'):rep(1e5) while true do s:gsub('x', 'yy') end");
}

TEST_F(Preempt, GeneratorsAndManySmallCoroutines) {
  expect_endable(R"(while true do
      local n = 0
      for v in coroutine.wrap(function() for i = 1, 50 do coroutine.yield(i) end end) do n = n + v end
      if n ~= 1275 then print("wrong", n) end
    end)");
}

TEST_F(Preempt, ResultsAreTheSameWithAndWithoutPreemption) {
  EXPECT_EQ(node.run(R"(
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
    local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(fib(20)) end end)
    local t = {} for i = 1, 5 do t[i] = co() end
    local ok, v = pcall(function() return coroutine.wrap(function() return (select(2, pcall(fib, 24))) end)() end)
    return table.concat(t, ","), ok, v)"),
            "'6765,6765,6765,6765,6765' true 46368 ");
}

TEST_F(Preempt, TwoLoopsShareAWorker) {
  const SpawnResult a = node.spawn("return function() while true do end end");
  const SpawnResult b = node.spawn("return function() while true do end end");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(node.run("return 1"), "1 ");
  expect_killed(a.pid);
  expect_killed(b.pid);
}

TEST_F(Preempt, SwitchesBetweenTasksOnlyWhereTheyBlock) {
  EXPECT_EQ(node.run(R"(local busy, torn = 0, 0
    local function work()
      for i = 1, 20 do
        busy = busy + 1 if busy ~= 1 then torn = torn + 1 end
        for j = 1, 200000 do end
        busy = busy - 1 coroutine.yield()
      end
    end
    coroutine.spawn(work) coroutine.spawn(work) work()
    return torn)"),
            "0 ");
}

TEST_F(Preempt, KillOfABlockedProcess) {
  for (const char* wait : {"channel.new():receive()", "test.sleep(100000)", "pcall(test.sleep, 100000) print('on')",
                           "coroutine.wrap(function() channel.new():receive() end)()"}) {
    const SpawnResult r = node.spawn(std::string("return function() ") + wait + " end");
    usleep(3000);
    expect_killed(r.pid);
    EXPECT_EQ(reports().take_printed(), "");
  }
}

TEST_F(Preempt, MemoryLimitCannotBeCaught) {
  for (const char* code : {
           "local t = {} while true do t[#t + 1] = {} end",
           "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) print('caught') end",
           "while true do coroutine.resume(coroutine.create(function() local t = {} while true do t[#t + 1] = {} end "
           "end)) print('caught') end",
           "local s = ('x'):rep(1e8) print('made')",
           "local x <close> = setmetatable({}, {__close = function() print('closed') end}) local t = {} while true do "
           "t[#t + 1] = {} end",
           "xpcall(function() local t = {} while true do t[#t + 1] = {} end end, function() print('handled') end)",
       }) {
    auto program = program_of(std::string("return function() ") + code + " end");
    program->memory_limit = 1 << 20;
    const SpawnResult r = node.spawn(program);
    ASSERT_TRUE(r.status.ok()) << r.error_text;
    const uint64_t start = monotonic_ns();
    while (node.runtime().node().alive(r.pid) && monotonic_ns() < start + 3'000'000'000) usleep(500);
    EXPECT_FALSE(node.runtime().node().alive(r.pid)) << code;
    EXPECT_EQ(reports().take_printed(), "") << code;
  }
}

TEST_F(Preempt, GarbageIsNotHeldAgainstTheLimit) {
  auto program =
      program_of("return function() local n = 0 for i = 1, 200000 do local t = {i} n = n + #t end return n end");
  program->memory_limit = 200 << 10;
  const SpawnResult r = node.spawn(program);
  std::string text;
  ASSERT_TRUE(reports().wait(r.pid, text, 20));
  EXPECT_EQ(text, "200000 ");
}

}  // namespace
}  // namespace wippy::lua::test
