// Long operations are cut into slices, can be killed, and obey the memory limit.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/lua/stdlib_fixture.hpp"

namespace wippy::lua::test {
namespace {

// Each runs for minutes or hours with the stock library.
const char* const kCatastrophes[] = {
    R"~(return string.find(string.rep("a", 30000), ".-.-.-.-b"))~",
    R"~(return string.match(string.rep("a", 30000), "a*a*a*a*b"))~",
    R"~(return string.match(string.rep("a", 20000), string.rep("a?", 150) .. string.rep("[a]*", 20) .. "b"))~",
    R"~(return string.find(string.rep("(", 3000000), "%b()"))~",
    R"~(return string.gsub(string.rep("a", 300000), "a-b", ""))~",
    R"~(for w in string.gmatch(string.rep("x", 100000), "x*x*x*x*y") do end)~",
    R"~(return string.find(string.rep("ab", 100000), "(.*)(.*)%1%2c"))~",
    R"~(return string.match(string.rep("a", 100000), "[" .. string.rep("b", 60000) .. "]*c"))~",
    R"~(table.sort(setmetatable({}, {__len = function() return 1 << 30 end}), function() return true end))~",
    R"~(table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, "x"))~",
    R"~(table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1))~",
    R"~(table.move({}, 1, 1 << 60, 2))~",
    R"~(table.concat(setmetatable({}, {__index = function() return "" end}), "", 1, 1 << 60))~",
};

TEST(Slices, CatastrophesAreSuspendedAndKilled) {
  for (const char* code : kCatastrophes) {
    Ours ours(size_t{64} << 20);
    ours.root().slice.polls_per_slice = 20;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ("killed", ours.run(code, 25)) << code;
    EXPECT_EQ(25u, ours.slices) << code;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << code;
  }
}

TEST(Slices, CatastrophesAreKilledWhereNothingCanYield) {
  for (const char* code : kCatastrophes) {
    Ours ours(size_t{64} << 20);
    ours.root().slice.polls_per_slice = 20;
    int asked = 0;
    ours.root().slice.owner = &asked;
    ours.root().slice.poll_killed = [](void* owner) noexcept { return ++*static_cast<int*>(owner) > 50; };
    EXPECT_EQ("killed", ours.run_unyieldable(code)) << code;
    EXPECT_EQ(51, asked) << code;
  }
}

// The result does not depend on where the slices end: with a yield at every poll it is the one of the stock library.
const char* const kLong[] = {
    R"~(return string.find(string.rep("a", 150), ".-.-.-b"))~",
    R"~(return string.match(string.rep("a", 150) .. "c", "(a*)(a*)a*()b"))~",
    R"~(return string.find(string.rep("x", 2000000) .. "needle", "needle", 1, true))~",
    R"~(return string.find(string.rep("x", 2000000), string.rep("x", 4000) .. "y", 1, true))~",
    R"~(return string.find(string.rep("ab", 200000) .. "c", "b+c"))~",
    R"~(return string.gsub(string.rep("hello world ", 5000), "%w+", "<%0>"))~",
    R"~(return string.gsub(string.rep("hello world ", 5000), "o", {o = "0"}))~",
    R"~(return string.gsub(string.rep("hello world ", 5000), "(%w)(%w*)", function(a, b) return a:upper() .. b end))~",
    R"~(return string.gsub(string.rep("hello world ", 5000), "%w+", setmetatable({}, {__index = function(t, k) return #k end})))~",
    R"~(return string.gsub(string.rep("a", 20000), "", "-"))~",
    R"~(return string.upper(string.rep("aBc1", 60000)), string.lower(string.rep("aBc1", 60000)), string.reverse(string.rep("aBc1", 60000)))~",
    R"~(return string.pack(string.rep("<!1i3>I2xs2!4i4", 3000), table.unpack(setmetatable({}, {__index = function(_, i) return i % 4 == 3 and "text" .. i or i % 4 end}), 1, 12000)))~",
    R"~(return string.unpack(string.rep("b x !2h", 5000), string.rep("\1\2\0\3", 20000), 2))~",
    R"~(return string.packsize(string.rep("!8 b i8 x", 20000)))~",
    R"~(return utf8.len(string.rep("a\u{e4}\u{20ac}\u{1f600}", 20000)), utf8.len(string.rep("\u{e4}", 30000) .. "\xff"), utf8.len(string.rep("\u{d800}", 30000), 1, -1, true))~",
    R"~(local s = string.rep("a\u{e4}\u{20ac}", 30000) return utf8.offset(s, 80000), utf8.offset(s, -80000), utf8.offset(s, 0, 179999), utf8.offset(s, 100000), utf8.offset(string.rep("\x80", 90000), 0, 90000))~",
    R"~(local n = 0 for a, p in string.gmatch(string.rep("key=value;", 3000), "(%w+)=%w+()") do n = n + #a + p end return n)~",
    R"~(local t = {} for i = 1, 20000 do t[i] = i * 7919 % 20011 end table.sort(t) return table.concat(t, " "))~",
    R"~(local t = {} for i = 1, 20000 do t[i] = i * 7919 % 20011 + 0.5 end table.sort(t) return table.concat(t, " "))~",
    R"~(local t = {} for i = 1, 20000 do t[i] = "k" .. i * 7919 % 20011 end table.sort(t) return table.concat(t, ","))~",
    R"~(local t = {} for i = 1, 20000 do t[i] = i * 7919 % 20011 end table.sort(t, function(a, b) return a > b end) return table.concat(t, ","))~",
    R"~(local t = {} for i = 1, 20000 do t[i] = i end table.insert(t, 1, "x") table.insert(t, 10000, "y") table.remove(t, 5) table.move(t, 1, 20001, 3) table.move(t, 3, 20003, 1) return table.concat(t))~",
    R"~(local t = {} for i = 1, 5000 do t[i] = "%d %s %5.2f " end return string.format(table.concat(t), table.unpack(setmetatable({}, {__index = function(_, i) return i end}), 1, 15000)))~",
    R"~(local o = setmetatable({}, {__tostring = function() local s = "" for i = 1, 100 do s = s .. i end return s end}) return string.format("%s|%10s|%s" .. string.rep("%%", 20000), o, o, 1))~",
};

TEST(Slices, ResultsDoNotDependOnSlices) {
  Stock stock;
  for (const char* code : kLong) {
    Ours ours;
    ours.root().slice.polls_per_slice = 1;
    EXPECT_TRUE(stock.run(code) == ours.run(code)) << code;
    const bool lua_loop = std::string(code).find("gmatch") != std::string::npos;  // its slices end in Lua code
    EXPECT_TRUE(lua_loop || ours.slices > 0) << code;
  }
}

TEST(Slices, Utf8IsTheStockLibrary) {
  const std::string code = R"~(
    local out, state = {}, 7
    local function random(n) state = (state * 1103515245 + 12345) % 2147483648 return state // 65536 % n end
    local parts = {"a", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{d800}", "\u{dfff}", "\u{ffff}", "\u{10000}", "\u{10ffff}",
      "\u{110000}", "\u{7fffffff}", "\x80", "\xbf", "\xc0\x80", "\xe0\x80\x80", "\xf0\x8f\xbf\xbf", "\xfe", "\xff", "\xc3", "\xe2\x82", "\0"}
    for i = 1, 4000 do
      local t = {}
      for k = 1, random(6) do t[k] = parts[random(#parts) + 1] end
      local s = table.concat(t)
      local a, b, n = random(15) - 7, random(15) - 7, random(9) - 4
      out[#out + 1] = table.concat({tostring(pcall(utf8.len, s)), tostring((select(2, pcall(utf8.len, s)))), tostring((select(3, pcall(utf8.len, s)))),
        tostring((select(2, pcall(utf8.len, s, a, b)))), tostring((select(2, pcall(utf8.len, s, a, b, true)))),
        tostring((select(2, pcall(utf8.offset, s, n)))), tostring((select(2, pcall(utf8.offset, s, n, a))))}, " ")
    end
    return table.concat(out, "\n"))~";
  Stock stock;
  Ours ours;
  const std::string want = stock.run(code);
  EXPECT_GT(want.size(), 100'000u);
  EXPECT_EQ(want, ours.run(code));
}

// The stock library needs half a minute for this: quadratic. Ours is linear.
TEST(Slices, PlainFindIsLinear) {
  Ours ours;
  ours.root().slice.polls_per_slice = 1;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ("nil ",
            ours.run(R"~(return string.find(string.rep("x", 3000000), string.rep("x", 400000) .. "y", 1, true))~"));
  EXPECT_GT(ours.slices, 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ("'all found' ", ours.run(R"~(
    for before = (1 << 18) - 8, (1 << 18) + 8 do -- where one window ends and the next begins
      local s = string.rep("x", before) .. "needle" .. string.rep("x", 1 << 19)
      assert(string.find(s, "needle", 1, true) == before + 1)
    end
    return "all found")~"));
}

// A comparator or replacement function may itself be cut into slices and may yield to the program.
TEST(Slices, CallbacksMayYield) {
  Ours ours;
  ours.root().slice.polls_per_slice = 1;
  EXPECT_EQ("{1,2,3,4,5,} true ", ours.run(R"~(
    local yields = 0
    local co = coroutine.wrap(function()
      local t = {3, 1, 5, 2, 4}
      table.sort(t, function(a, b) coroutine.yield("y") return a < b end)
      return t
    end)
    local r = co()
    while r == "y" do yields = yields + 1 r = co() end
    return r, yields >= 5)~"));
  EXPECT_EQ("'[a][b][c]' 3 ", ours.run(R"~(
    local co = coroutine.wrap(function() return string.gsub("abc", ".", function(c) return coroutine.yield(c) end) end)
    local c, n = co()
    while not n do c, n = co("[" .. c .. "]") end
    return c, n)~"));
  EXPECT_EQ("'<obj>' ", ours.run(R"~(
    local o = setmetatable({}, {__tostring = function() coroutine.yield("y") return "obj" end})
    local co = coroutine.wrap(function() return string.format("<%s>", o) end)
    assert(co() == "y")
    return co())~"));
}

TEST(Slices, SortSurvivesAnyComparator) {
  for (const char* comparator : {"return true", "return false", "return nil", "return math.random(2) == 1",
                                 "return a <= b", "t[a] = nil return a < b", "t[#t + 1] = 0 return a > b",
                                 "for i = 1, #t do t[i] = nil end return true", "collectgarbage() return a < b"}) {
    Ours ours;
    ours.root().slice.polls_per_slice = 3;
    const std::string code =
        std::string("local t = {} for i = 1, 200 do t[i] = i * 37 % 101 end table.sort(t, function(a, b) ") +
        comparator + " end) return 'done'";
    EXPECT_EQ("'done' ", ours.run(code)) << comparator;
  }
  Ours ours;
  EXPECT_EQ(
      "false 'boom' {3,1,2,} ",
      ours.run(
          "local t = {3, 1, 2} local ok, e = pcall(table.sort, t, function() error('boom', 0) end) return ok, e, t"));
  EXPECT_EQ("{1,2,3,4,5,6,7,8,} ", ours.run("local t = {8, 7, 6, 5, 4, 3, 2, 1} table.sort(t) return t"));
  EXPECT_EQ("5 ", ours.run("local t = {0/0, 3.0, 0/0, 1.0, 2.0} table.sort(t) return #t"));
}

TEST(Slices, BlowUpsEndAtTheMemoryLimit) {
  for (
      const char* code : {
          R"~(return string.rep("x", 1000000000))~",
          R"~(return string.rep("abc", 300000000, ","))~",
          R"~(return ("x"):rep(1 << 30):rep(1))~",
          R"~(return string.format(string.rep("%99d", 500000), table.unpack(setmetatable({}, {__index = function() return 1 end}), 1, 500000)))~",
          R"~(return string.gsub(string.rep("a", 1000000), "a", string.rep("b", 1000)))~",
          R"~(return string.gsub(string.rep("a", 1000), "", function() return ("b"):rep(1000000) end))~",
          R"~(local s = ("x"):rep(1000000) local t = {} for i = 1, 1000 do t[i] = s end return table.concat(t))~",
          R"~(return table.create(1 << 28))~",
          R"~(table.sort(setmetatable({}, {__len = function() return 1 << 30 end, __index = function(_, i) return i end})))~",
          R"~(return string.pack("c2000000000", ""))~",
          R"~(return ("x"):rep(20000000):reverse():upper():lower() .. ("y"):rep(20000000))~",
      }) {
    Ours ours(size_t{48} << 20);
    ours.root().slice.polls_per_slice = 1;
    EXPECT_EQ("error: 'not enough memory' ", ours.run(code)) << code;
    EXPECT_EQ("'still alive' ", ours.run("collectgarbage() return 'still alive'"));
  }
}

// Failing allocations one after the other: every path out of the library is clean (ASan watches).
TEST(Slices, EveryAllocationMayFail) {
  for (const char* code : kLong) {
    if (std::string(code).find("2000000") != std::string::npos) continue;
    for (size_t extra = 100; extra < (size_t{8} << 20); extra = extra * 3 / 2) {
      const size_t base = Ours().used();
      Ours ours(base + 20000 + extra);
      ours.root().slice.polls_per_slice = 2;
      const std::string got = ours.run(code);
      if (got.rfind("error: 'not enough memory'", 0) != 0 && got.rfind("load: ", 0) != 0) break;
    }
  }
}

TEST(Slices, ErrorObjectsAreSubjects) {
  Ours ours;
  lua_State* L = ours.state();
  lua_newuserdatauv(L, 1, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, [](lua_State* S) {
    lua_pushliteral(S, "thing not found");
    return 1;
  });
  lua_setfield(L, -2, "__tostring");
  lua_setmetatable(L, -2);
  lua_setglobal(L, "e");
  lua_newuserdatauv(L, 1, 0);
  lua_setglobal(L, "plain");
  EXPECT_EQ("7 15 ", ours.run("return string.find(e, 'not found')"));
  EXPECT_EQ("'thing' 'THING NOT FOUND' 15 'thing' ",
            ours.run("return string.match(e, '%a+'), string.upper(e), string.len(e), string.sub(e, 1, 5)"));
  EXPECT_EQ("'thing found' 1 ", ours.run("return string.gsub(e, 'not ', '')"));
  EXPECT_EQ("'<thing not found>' 116 ", ours.run("return string.format('<%s>', e), string.byte(e)"));
  EXPECT_EQ("'thing' ", ours.run("for w in string.gmatch(e, '%a+') do return w end"));
  EXPECT_EQ("'thing not foundthing not found' ", ours.run("return string.rep(e, 2)"));
  EXPECT_EQ("error: 't:1: bad argument #1 to 'find' (string expected, got userdata)' ",
            ours.run("return string.find(plain, 'x')"));
}

TEST(Slices, TextsComeFromTheStateRoot) {
  Ours ours;
  ours.root().push_text = [](lua_State* L, int index, size_t* length) -> const char* {
    if (lua_type(L, index) == LUA_TTABLE) return lua_pushliteral(L, "table#1"), lua_tolstring(L, -1, length);
    return luaL_tolstring(L, index, length);
  };
  EXPECT_EQ("'table#1 5' ", ours.run("return string.format('%s %s', {}, 5)"));
}

TEST(Slices, RandomComesFromTheProcessSeed) {
  const std::string code =
      "local t = {} for i = 1, 5 do t[i] = math.random(1000000) end math.randomseed() t[6] = math.random(1000000) "
      "return t";
  Ours a;
  Ours b;
  const std::string first = a.run(code);
  EXPECT_EQ(first, b.run(code));
  StateRoot other;
  other.random_seed = 8;
  lua_State* L = luaL_newstate();
  set_state_root(L, &other);
  luaL_requiref(L, "math", open_math, 1);
  ASSERT_EQ(LUA_OK, luaL_dostring(L, code.c_str()));
  EXPECT_NE(first, show_all(L, 1));
  lua_close(L);
}

TEST(Slices, StringMetatableOpensLazily) {
  StateRoot root;
  lua_State* L = luaL_newstate();
  set_state_root(L, &root);
  install_string_metatable(L, [](lua_State* S) {
    open_string(S);
    lua_pushboolean(S, 1);
    lua_setglobal(S, "opened");
    return 1;
  });
  ASSERT_EQ(LUA_OK, luaL_dostring(L, "return '10' + 1, opened"));
  EXPECT_EQ("11 nil ", show_all(L, 2));
  ASSERT_EQ(LUA_OK, luaL_dostring(L, "local a = ('x'):rep(3) opened = 'once' return a, ('y'):upper(), opened"));
  EXPECT_EQ("'xxx' 'Y' 'once' ", show_all(L, 3));
  lua_close(L);
}

}  // namespace
}  // namespace wippy::lua::test
