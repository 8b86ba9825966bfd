// libs: wippy_lua wippy_runtime
// Coroutines, protected calls and tasks (spec/process.md §3.4, conformance R).
#include "tests/unit/lua/engine_fixture.hpp"

namespace wippy::lua::test {
namespace {

class Fibers : public ::testing::Test {
 protected:
  LuaNode node;
};

TEST_F(Fibers, StandardSemantics) {
  EXPECT_EQ(node.run(R"(local co = coroutine.create(function(a, b)
      local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d + e end)
    local t = {}
    t[1] = select(2, coroutine.resume(co, 1, 2)) t[2] = coroutine.status(co) t[3] = select(2, coroutine.resume(co, 10))
    t[4] = select(2, coroutine.resume(co, 3, 4)) t[5] = coroutine.status(co) t[6] = select(2, coroutine.resume(co))
    return table.unpack(t))"),
            "3 'suspended' 20 7 'dead' 'cannot resume dead coroutine' ");
}

TEST_F(Fibers, WrapIsAGeneratorAndPropagatesErrors) {
  EXPECT_EQ(node.run(R"(local sum = 0
    for v in coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end end) do sum = sum + v end
    local ok, e = pcall(coroutine.wrap(function() error("boom") end))
    local ok2, e2 = pcall(coroutine.wrap(function() error({}) end))
    return sum, ok, e:match("boom$"), ok2, type(e2))"),
            "5050 false 'boom' false 'table' ");
}

TEST_F(Fibers, StatusRunningNormalAndMisuse) {
  EXPECT_EQ(node.run(R"(local outer, t = nil, {}
    outer = coroutine.create(function()
      local inner = coroutine.create(function()
        t[1] = coroutine.status(outer) t[2] = coroutine.resume(outer) t[3] = select(2, coroutine.running()) end)
      coroutine.resume(inner) t[4] = coroutine.status(inner) t[5] = coroutine.status(coroutine.running()) end)
    coroutine.resume(outer)
    t[6] = select(2, coroutine.running()) t[7] = coroutine.isyieldable()
    t[8] = select(2, coroutine.resume((coroutine.running())))
    return table.unpack(t))"),
            "'normal' false false 'dead' 'running' true true 'cannot resume non-suspended coroutine' ");
}

TEST_F(Fibers, CloseRunsCloseVariables) {
  EXPECT_EQ(node.run(R"(local log = {}
    local function guard(n) return setmetatable({}, {__close = function(_, e) log[#log + 1] = n .. tostring(e) end}) end
    local co = coroutine.create(function() local a <close> = guard("a") local b <close> = guard("b") coroutine.yield() end)
    coroutine.resume(co)
    local ok = coroutine.close(co)
    local bad = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() error("inx", 0) end}) coroutine.yield() end)
    coroutine.resume(bad)
    local ok2, e2 = coroutine.close(bad)
    return ok, log[1], log[2], coroutine.status(co), ok2, e2)"),
            "true 'bnil' 'anil' 'dead' false 'inx' ");
}

TEST_F(Fibers, NothingYieldsOutOfAClosingCoroutine) {
  EXPECT_EQ(node.run(R"(local t = {}
    local co = coroutine.create(function()
      local x <close> = setmetatable({}, {__close = function()
        t[1] = coroutine.isyieldable() t[2] = pcall(coroutine.yield) t[3] = pcall(test.sleep, 1) end})
      coroutine.yield() end)
    coroutine.resume(co) coroutine.close(co)
    return t[1], t[2], t[3], coroutine.status(co))"),
            "false false false 'dead' ");
}

TEST_F(Fibers, EndlesslyNestedCloseIsAnError) {
  EXPECT_EQ(node.run(R"(local deepest, err = 0, nil
    local function level(n)
      deepest = n
      local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() level(n + 1) end})
        coroutine.yield() end)
      coroutine.resume(co)
      local ok, e = coroutine.close(co)
      err = err or (not ok and e)
    end
    pcall(level, 1)
    return deepest < 10, tostring(err):match("C stack overflow"))"),
            "true 'C stack overflow' ");
}

// Recursion without bound ends the process (lua/fatal.hpp); what a script may catch is in tests/lua/u_overflow.lua.
TEST_F(Fibers, EndlessRecursionIsFatal) {
  for (const char* code : {
           "local function f() return 1 + f() end pcall(f)",
           "local function f() return coroutine.wrap(f)() end pcall(f)",
           "local function g() return pcall(g) end g()",
           "local s = setmetatable({}, {}) getmetatable(s).__index = function(t, k) return t[k .. 'x'] end "
           "pcall(function() return s.a end)",
       }) {
    const SpawnResult r = node.spawn(std::string("return function() ") + code + " print('caught') end");
    ASSERT_TRUE(r.status.ok()) << r.error_text;
    const uint64_t start_ns = monotonic_ns();
    while (node.runtime().node().alive(r.pid) && monotonic_ns() < start_ns + 10'000'000'000) usleep(500);
    EXPECT_FALSE(node.runtime().node().alive(r.pid)) << code;
    EXPECT_EQ(reports().take_printed(), "") << code;
  }
  EXPECT_EQ(node.run("return pcall(error, 'C stack overflow', 0)"), "false 'C stack overflow' ");
}

TEST_F(Fibers, PcallXpcall) {
  EXPECT_EQ(node.run(R"(local t = {}
    t[1] = select('#', pcall(function() return 1, nil, nil end))
    t[2] = select(2, pcall(error, "x", 0)) t[3] = select(2, pcall(error))
    t[4] = select(2, xpcall(function(a, b) return a .. b end, print, "p", "q"))
    t[5] = select(2, xpcall(function() error("e", 0) end, function(m) return m .. "!" end))
    t[6] = pcall(xpcall, 1) t[7] = (pcall(pcall))
    t[8] = select(2, xpcall(function() local x = nil; x() end, function(m) return (m:gsub(".*attempt", "attempt")) end))
    t[3] = tostring(t[3])
    return table.unpack(t))"),
            "4 'x' 'nil' 'pq' 'e!' false false 'attempt to call a nil value (local 'x')' ");
}

TEST_F(Fibers, C265_SpawnedSharesUpvalues) {
  EXPECT_EQ(node.run(R"(local n = 0
    local th = coroutine.spawn(function() n = n + 1 end)
    local before = coroutine.status(th)
    coroutine.yield()
    return type(th), n, before, coroutine.status(th), pcall(coroutine.resume, th))"),
            "'thread' 1 'suspended' 'dead' true false 'cannot resume dead coroutine' ");
}

TEST_F(Fibers, SpawnedIsNotForResumeOrClose) {
  EXPECT_EQ(node.run(R"(local th = coroutine.spawn(function() test.sleep(1000) end)
    local a, b = coroutine.resume(th)
    local c, d = pcall(coroutine.close, th)
    coroutine.yield()
    local e, f = coroutine.resume(th)
    return a, b, c, d:match("spawned"), e, f)"),
            "false 'cannot resume a spawned coroutine' false 'spawned' false 'cannot resume a spawned coroutine' ");
}

TEST_F(Fibers, C266_ProducerConsumerFanInFanOut) {
  EXPECT_EQ(node.run(R"(local ch, n, sum = channel.new(), 0, 0
    for p = 1, 4 do coroutine.spawn(function() for i = 1, 5 do ch:send(p * i) end end) end
    for i = 1, 20 do sum = sum + ch:receive() end
    local jobs, done = channel.new(2), channel.new()
    for w = 1, 3 do coroutine.spawn(function()
      while true do local j, ok = jobs:receive() if not ok then break end done:send(j * j) end end) end
    coroutine.spawn(function() for j = 1, 6 do jobs:send(j) end jobs:close() end)
    local squares = 0
    for i = 1, 6 do squares = squares + done:receive() end
    return sum, squares)"),
            "150 91 ");
}

TEST_F(Fibers, C267_MainReturningEndsTheProcess) {
  EXPECT_EQ(node.run("coroutine.spawn(function() channel.new():receive() end) coroutine.yield() return 'ended'"),
            "'ended' ");
  EXPECT_TRUE(node.empties());
}

TEST_F(Fibers, C268_ErrorInSpawnedFailsTheProcess) {
  EXPECT_EQ(node.run("coroutine.spawn(function() error('in task', 0) end) channel.new():receive()"),
            "error: 'in task'");
}

TEST_F(Fibers, ErrorInMainRunsCloseVariables) {
  EXPECT_EQ(node.run(R"(local x <close> = setmetatable({}, {__close = function() print("closed") end}) error({}) )"),
            "error: {}");
  EXPECT_EQ(reports().take_printed(), "closed\n");
}

TEST_F(Fibers, C269_SleepersDoNotDelayEachOther) {
  EXPECT_EQ(node.run(R"(local log, done = {}, channel.new()
    coroutine.spawn(function() test.sleep(60) log[#log + 1] = "slow" done:send(1) end)
    coroutine.spawn(function() test.sleep(5) log[#log + 1] = "fast" done:send(1) end)
    done:receive() done:receive()
    return log[1], log[2])"),
            "'fast' 'slow' ");
}

TEST_F(Fibers, C270_YieldInMainGivesATurn) {
  EXPECT_EQ(node.run(R"(local log = {}
    coroutine.spawn(function() log[1] = "task" end)
    coroutine.yield("ignored")
    return log[1], select('#', coroutine.yield()))"),
            "'task' 0 ");
}

TEST_F(Fibers, C271_SleepInWrapIsInvisible) {
  EXPECT_EQ(node.run(R"(local steps = {}
    local gen = coroutine.wrap(function() test.sleep(2) coroutine.yield(1) test.sleep(2) coroutine.yield(2) end)
    local co = coroutine.create(function() local inner = coroutine.wrap(function() test.sleep(2) return "deep" end) return inner() end)
    local other = 0
    coroutine.spawn(function() while true do other = other + 1 test.sleep(1) end end)
    return gen(), gen(), select(2, coroutine.resume(co)), other > 0)"),
            "1 2 'deep' true ");
}

TEST_F(Fibers, ABlockedInnerCoroutineIsNormalForOthers) {
  EXPECT_EQ(node.run(R"(local co = coroutine.create(function() test.sleep(20) return "done" end)
    local out = channel.new()
    coroutine.spawn(function() out:send(select(2, coroutine.resume(co))) end)
    coroutine.yield()
    local s, r, c = coroutine.status(co), coroutine.resume(co), pcall(coroutine.close, co)
    return s, r, c, (out:receive()), coroutine.status(co))"),
            "'normal' false false 'done' 'dead' ");
}

TEST_F(Fibers, C272_PcallAcrossABlock) {
  EXPECT_EQ(node.run(R"(local ch = channel.new()
    coroutine.spawn(function() ch:send("v") end)
    local got
    local ok, e = pcall(function() got = ch:receive() error("later", 0) end)
    local ok2, e2 = xpcall(function() test.sleep(1) error("x", 0) end, function(m) return m .. m end)
    local t = setmetatable({}, {__index = function() test.sleep(1) return "meta" end, __add = function() test.sleep(1) return 5 end})
    local it = 0
    for i in function() test.sleep(1) it = it + 1 if it < 3 then return it end end do end
    return got, ok, e, ok2, e2, t.x, t + 1, it)"),
            "'v' false 'later' false 'xx' 'meta' 5 3 ");
}

TEST_F(Fibers, BlockingAcrossACBoundaryIsACleanError) {
  EXPECT_EQ(node.run(R"(local ok, e = pcall(test.callnoyield, test.sleep, 1)
    local ok2, e2 = pcall(test.callnoyield, coroutine.wrap(function() test.sleep(1) end))
    local co = coroutine.create(function() coroutine.yield(1) return 2 end)
    local a, b = select(2, test.callnoyield(coroutine.resume, co)), select(2, test.callnoyield(coroutine.resume, co))
    return ok, e:match("cannot block here"), ok2, e2:match("cannot block here"), a, b)"),
            "false 'cannot block here' false 'cannot block here' 1 2 ");
}

TEST_F(Fibers, C273_ThousandSleepers) {
  EXPECT_EQ(node.run(R"(local done, start = channel.new(1000), test.now()
    for i = 1, 1000 do coroutine.spawn(function() test.sleep(10) done:send(i) end) end
    local sum = 0 for i = 1, 1000 do sum = sum + done:receive() end
    local ms = test.now() - start
    return sum, ms >= 10, ms < 500)"),
            "500500 true true ");
}

TEST_F(Fibers, FinishedTasksAreCollected) {
  EXPECT_EQ(
      node.run(R"(local function wave() for i = 1, 1000 do coroutine.spawn(function() end) end coroutine.yield() end
    wave() collectgarbage() local before = collectgarbage("count")
    for i = 1, 20 do wave() end
    collectgarbage()
    return collectgarbage("count") < before * 1.5)"),
      "true ");
}

}  // namespace
}  // namespace wippy::lua::test
