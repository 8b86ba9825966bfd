// libs: wippy_lua wippy_runtime
// Spawn of Lua programs, sandbox, modules (spec/process.md §1.4, §6; conformance U).
#include "lua/stdlib.hpp"
#include "tests/unit/lua/engine_fixture.hpp"

namespace wippy::lua::test {
namespace {

class Spawn : public ::testing::Test {
 protected:
  std::string ended(const SpawnResult& r) {
    if (!r.status.ok()) return "spawn: " + r.error_text;
    std::string text;
    return reports().wait(r.pid, text, 20) ? text : "timed out";
  }
  LuaNode node;
};

TEST_F(Spawn, EntryFunctionForms) {
  EXPECT_EQ(ended(node.spawn("return function() return 1 end")), "1 ");
  EXPECT_EQ(ended(node.spawn("return {main = function() return 2 end}")), "2 ");
  auto program = program_of("return {main = 1, other = function(a) return a end}");
  program->method = "other";
  EXPECT_EQ(ended(node.spawn(program, "args")), "'args' ");
}

TEST_F(Spawn, LoadErrorsComeFromSpawn) {
  Bytecode out;
  std::string error;
  EXPECT_FALSE(compile("local x = = 1", "app:bad", out, error).ok());
  EXPECT_EQ(error, "app:bad:1:11: unexpected symbol near '='");

  SpawnResult r = node.spawn("return {}");
  EXPECT_EQ(r.status.kind, ErrorKind::kNotFound);
  EXPECT_NE(r.error_text.find("method 'main' not found"), std::string::npos) << r.error_text;
  r = node.spawn("return {main = 5}");
  EXPECT_EQ(r.status.kind, ErrorKind::kNotFound);
  r = node.spawn("error('at load')");
  EXPECT_EQ(r.status.kind, ErrorKind::kInternal);
  EXPECT_EQ(r.error_text, "app:test:1: at load");
  r = node.spawn("error({})");
  EXPECT_EQ(r.error_text, "table: 0x00000001");
  r = node.spawn("require('json')");
  EXPECT_NE(r.error_text.find("module 'json' not found"), std::string::npos) << r.error_text;
  r = node.spawn("test.sleep(1)");
  EXPECT_NE(r.error_text.find("cannot block here"), std::string::npos) << r.error_text;
  EXPECT_TRUE(node.empties());
}

TEST_F(Spawn, TopLevelIsLimited) {
  for (const char* code :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()", "('a'):rep(30000):find(('a*'):rep(30) .. 'b')",
        "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() while true do end end)"}) {
    const uint64_t start = monotonic_ns();
    const SpawnResult r = node.spawn(code);
    EXPECT_FALSE(r.status.ok());
    EXPECT_NE(r.error_text.find("takes too long"), std::string::npos) << r.error_text;
    EXPECT_LT(monotonic_ns() - start, 1'000'000'000u) << code;
  }
  auto program = program_of("local t = {} while true do t[#t + 1] = 'x' .. #t end");
  program->memory_limit = 100'000;
  EXPECT_NE(node.spawn(program).error_text.find("memory limit"), std::string::npos);
  program = program_of("return function() end");
  program->memory_limit = 2'000;
  EXPECT_FALSE(node.spawn(program).status.ok());
}

TEST_F(Spawn, TopLevelStateIsThere) {
  EXPECT_EQ(ended(node.spawn(R"(local n = 0
    for i = 1, 10 do n = n + i end
    local gen = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end) gen()
    counter = n
    coroutine.spawn(function() counter = counter + 1 end)
    return {main = function() coroutine.yield() return counter, gen() end})")),
            "56 2 ");
}

TEST_F(Spawn, C300_C301_AbsentGlobals) {
  EXPECT_EQ(node.run(R"(local t = {}
    for _, name in ipairs{"load", "loadstring", "loadfile", "dofile", "debug", "io"} do if _G[name] ~= nil then t[#t + 1] = name end end
    for _, name in ipairs{"execute", "exit", "remove", "rename", "tmpname", "getenv", "setlocale"} do if os[name] ~= nil then t[#t + 1] = name end end
    for _, name in ipairs{"loadlib", "searchers", "cpath", "path", "preload"} do if package[name] ~= nil then t[#t + 1] = name end end
    return #t, string.dump, rawget(_G, "load"))"),
            "0 nil nil ");
}

TEST_F(Spawn, PresentGlobals) {
  EXPECT_EQ(node.run(R"(local missing = {}
    for name in ("_G _VERSION assert error getmetatable ipairs next pairs pcall print rawequal rawget rawset require select " ..
      "setmetatable tonumber tostring type unpack xpcall string table math coroutine os package channel utf8"):gmatch("%S+") do
      if _G[name] == nil then missing[#missing + 1] = name end end
    return #missing, _G._G == _G, _VERSION, unpack({1, 2}))"),
            "0 true 'Lua 5.4' 1 2 ");
}

TEST_F(Spawn, C302_C303_Modules) {
  EXPECT_EQ(node.run("return pcall(require, 'secret')"),
            "false 'module 'secret' not found: it is not among the modules of entry app:test' ");
  auto program =
      program_of("local s = require('secret') return function() return s == secret, require('test') == test end");
  program->modules = {"secret"};
  EXPECT_EQ(ended(node.spawn(program)), "true true ");
}

TEST_F(Spawn, C304_Imports) {
  auto library = program_of("local n = 0 return {next = function() n = n + 1 return n end}", "app:lib");
  auto program = program_of("local l = require('lib') return function() return l.next(), lib.next(), l == lib end");
  program->imports.push_back({"lib", library});
  EXPECT_EQ(ended(node.spawn(program)), "1 2 true ");
  EXPECT_EQ(ended(node.spawn(program)), "1 2 true ");
  auto sleepy = program_of("test.sleep(2) return {v = 'slept'}", "app:sleepy");
  program = program_of("return function() return require('sleepy').v, sleepy.v end");
  program->imports.push_back({"sleepy", sleepy});
  EXPECT_EQ(ended(node.spawn(program)), "'slept' 'slept' ");
}

TEST_F(Spawn, C305_C306_IsolationAndReadOnly) {
  EXPECT_EQ(node.run(R"(shared = 1 local n = 0
    for _, lib in ipairs{string, table, math, channel, coroutine, os, test} do
      if not pcall(function() lib.new = 1 end) then n = n + 1 end
      if not pcall(function() lib.hack = 1 end) then n = n + 1 end
      if not pcall(setmetatable, lib, nil) then n = n + 1 end
    end
    return n)"),
            "21 ");
  EXPECT_EQ(node.run("return shared"), "nil ");
}

TEST_F(Spawn, LibraryTablesCanBeListed) {
  EXPECT_EQ(node.run(R"(local c, s = 0, 0
    for k, v in pairs(coroutine) do c = c + 1 assert(type(v) == "function" and coroutine[k] == v) end
    for k in pairs(string) do s = s + 1 end
    return c, s > 14)"),
            "9 true ");
}

TEST_F(Spawn, MetatablesAndFinalizers) {
  EXPECT_EQ(node.run(R"(local t = {}
    t[1] = pcall(setmetatable, {}, {__gc = function() end})
    t[2] = pcall(setmetatable, _G, {})
    t[3] = getmetatable("")
    t[4] = getmetatable(setmetatable({}, {__metatable = "locked"}))
    t[5] = pcall(setmetatable, setmetatable({}, {__metatable = 1}), {})
    return t[1], t[2], t[4], t[5], ("x"):rep(3), getmetatable(setmetatable({}, nil)))"),
            "false false 'locked' false 'xxx' nil ");
}

TEST_F(Spawn, BaseFunctions) {
  EXPECT_EQ(
      node.run(R"(local t = {}
    local function add(...) for i = 1, select('#', ...) do t[#t + 1] = tostring((select(i, ...))) end end
    add(tonumber("0x10"), tonumber(" 12 "), tonumber("1e1"), tonumber("z", 36), tonumber("-7f", 16), tonumber("8", 8), tonumber("abc"), tonumber(""), tonumber("1 2"))
    add(select(-1, 1, 2, 3), select(2, "a", "b"), (pcall(select, 0)), select('#'))
    add(rawlen({1, 2}), rawequal(t, t), rawget(t, 1), next({}), type(next), (pcall(ipairs)))
    add(pcall(assert, false, "msg")) add(pcall(assert, nil)) add(pcall(assert, 1, 2)) add(pcall(error, "lvl", 0)) add((pcall(error, {1})))
    return table.concat(t, " "))"),
      "'16 12 10.0 35 -127 nil nil nil nil 3 b false 0 2 true 16 nil function false false msg false assertion failed! "
      "true 1 2 false lvl false' ");
}

TEST_F(Spawn, PairsAndMetamethods) {
  EXPECT_EQ(
      node.run(
          R"(local t = setmetatable({}, {__pairs = function(x) return function(_, k) if not k then return 1, 2 end end, x, nil end})
    local r = {} for k, v in pairs(t) do r[#r + 1] = k .. v end
    local p = setmetatable({}, {__index = function(_, i) if i < 4 then return i * 10 end end})
    for i, v in ipairs(p) do r[#r + 1] = v end
    return table.concat(r, " "), tostring(setmetatable({}, {__tostring = function() return "named" end})),
      tostring(setmetatable({}, {__name = "My"})):match("^My: 0x"))"),
      "'12 10 20 30' 'named' 'My: 0x' ");
}

TEST_F(Spawn, PrintWritesOneLine) {
  EXPECT_EQ(node.run("print('a', 1, nil, true, 2.5) print() return 1"), "1 ");
  EXPECT_EQ(reports().take_printed(), "a\t1\tnil\ttrue\t2.5\n\n");
}

TEST_F(Spawn, C307_Os) {
  EXPECT_EQ(node.run(R"(local now = os.time()
    return math.type(now), tostring(now):match("%.") == nil, os.date("!%Y-%m-%d %H:%M:%S", 86400), os.date("!%Q%", 0), os.date("!*t", 0).year,
      os.difftime(5, 3), os.platform, os.clock() >= 0, os.time{year = 2024, month = 1, day = 1} - os.time{year = 2024, month = 1, day = 1, hour = 0})"),
            "'integer' true '1970-01-02 00:00:00' '%Q%' 1970 f2 'wippy' true 0 ");
}

TEST_F(Spawn, StringsArePlainOnceUsed) {
  EXPECT_EQ(node.run("return #('a,b'):gsub(',', ';;'), #('x'):rep(10), '10' + 5"), "4 10 15 ");
}

// A library of entries looks the same before its first use, after one and after more.
TEST_F(Spawn, BareViews) {
  const std::string looks = R"(local function look()
      assert(next(bare) == nil and rawget(bare, "now") == nil and require("bare") == bare and getmetatable(bare) == false)
      for _, key in ipairs{"now", "other"} do
        local ok, why = pcall(function() bare[key] = 1 end)
        assert(not ok and why:find("cannot assign field '" .. key .. "' of a read-only table", 1, true), why)
      end
      assert(not pcall(setmetatable, bare, {}))
    end)";
  EXPECT_EQ(node.run(looks + R"( look() local a = bare.now look() local b = bare.now look() local c = bare.now look()
    return a == b, b == c, bare.nothing)"),
            "true true nil ");
  EXPECT_EQ(node.run(looks + " local made = bare.made look() return made == bare.made"), "true ");
  EXPECT_EQ(node.run(looks + R"( look() local n = 0 for k, v in pairs(bare) do n = n + 1 assert(type(k) == "string") end
    look() return n, bare.nothing)"),
            "2 nil ");
  EXPECT_EQ(node.run(R"(x = 1 _G.print = 2 local ok, why = pcall(function() _G[nil] = 1 end)
    return x, print, rawget(_G, "x"), ok, why:match("table index is %a+"), getmetatable(_G), getmetatable(""))"),
            "1 2 1 false 'table index is nil' false false ");
}

// Strings have the operators that the program contains.
TEST_F(Spawn, OperatorsOfStrings) {
  EXPECT_EQ(node.run("return '6' * '7'"), "42 ");
  EXPECT_EQ(node.run("return -'2', '5' - 1, '7' // '2', '7' % 4, '2' ^ 3, '1' / 2, '1' + '1'"), "-2 4 3 3 f8 f0.5 2 ");
  EXPECT_EQ(string_operators_in("return 1 -- no minus"), 0u);
  EXPECT_NE(string_operators_in("return a - b"), 0u);
  EXPECT_EQ(string_operators_in("+-*%^/"), kAllStringOperators);
}

TEST_F(Spawn, BareStateIsSmall) {
  const SpawnResult r = node.spawn("return function() return collectgarbage('count') < 8 end");
  EXPECT_EQ(ended(r), "true ");
}

TEST_F(Spawn, ManyProcessesComeAndGo) {
  auto program = program_of("return function(n) local ch = channel.new(1) ch:send(n) return (ch:receive()) end");
  SpawnResult last;
  for (int i = 0; i < 3000; ++i) last = node.spawn(program, std::to_string(i));
  EXPECT_EQ(ended(last), "'2999' ");
  EXPECT_TRUE(node.empties());
}

}  // namespace
}  // namespace wippy::lua::test
