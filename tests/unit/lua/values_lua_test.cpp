// The codec between Lua values and bytes, and error objects, on bare states.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/duration.hpp"
#include "lua/error_object.hpp"
#include "lua/message.hpp"
#include "lua/payload_object.hpp"
#include "lua/state.hpp"
#include "lua/values_lua.hpp"
#include "mailbox/values.hpp"
#include "tests/unit/mailbox/values_relay.hpp"

namespace wippy::lua {
namespace {

using test::validate_value;

// A stock state with a root; every test ends with an empty stack.
class Bare {
 public:
  Bare() : L(luaL_newstate()) {
    set_state_root(L, &root);
    root.push_text = push_text;
    luaL_openlibs(L);
    open_errors(L);
    lua_setglobal(L, "errors");
    open_payload(L);
    lua_setglobal(L, "payload");
  }
  ~Bare() {
    EXPECT_EQ(lua_gettop(L), 0);
    lua_close(L);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void run(const std::string& code, int results = LUA_MULTRET) {
    ASSERT_EQ(luaL_loadstring(L, code.c_str()), LUA_OK) << lua_tostring(L, -1);
    ASSERT_EQ(lua_pcall(L, 0, results, 0), LUA_OK) << lua_tostring(L, -1);
  }
  // Encodes the value on top and pops it.
  EncodeResult encode(std::string& bytes, Untransferable rule = Untransferable::kRefuse) {
    ValueWriter w;
    w.reset();
    const int top = lua_gettop(L);
    const EncodeResult r = encode_values(L, w, top, 1, rule);
    EXPECT_EQ(lua_gettop(L), top);
    if (r.ok()) bytes = std::string(w.view());
    lua_pop(L, 1);
    return r;
  }
  // Replaces the value on top by its copy.
  ::testing::AssertionResult pass() {
    std::string bytes;
    const EncodeResult r = encode(bytes);
    if (!r.ok()) return ::testing::AssertionFailure() << r.status.message;
    if (!validate_value(bytes).ok()) return ::testing::AssertionFailure() << "not a valid encoding";
    lua_pushcfunction(L, [](lua_State* l) {
      const auto& in = *static_cast<const std::string*>(lua_touserdata(l, 1));
      push_value(l, in);
      return 1;
    });
    lua_pushlightuserdata(L, &bytes);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) return ::testing::AssertionSuccess();
    const std::string text = lua_tostring(L, -1);
    return ::testing::AssertionFailure() << text;
  }

  ProcessRoot root;
  lua_State* L;
};

constexpr const char* kSame = R"(
  local function same(a, b, known)
    if math.type(a) ~= math.type(b) or type(a) ~= type(b) then return false end
    if type(a) ~= "table" then return a == b or (a ~= a and b ~= b) end
    if known[a] then return known[a] == b end
    known[a] = b
    local n = 0
    for k, v in pairs(a) do
      n = n + 1
      if not same(v, b[k], known) then return false end
    end
    for _ in pairs(b) do n = n - 1 end
    return n == 0 and getmetatable(b) == nil
  end
  return same
)";

// A random graph of tables from random numbers: a little stack machine.
void build(lua_State* L, const std::vector<uint32_t>& program) {
  luaL_checkstack(L, 2'000, nullptr);
  lua_newtable(L);  // all tables, for sharing
  const int all = lua_gettop(L);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, all, 1);
  lua_Integer tables = 1;
  for (const uint32_t op : program) {
    const uint32_t detail = op >> 4;
    switch (op % 9) {
      case 0: lua_pushinteger(L, static_cast<lua_Integer>(detail) - 1000); break;
      case 1:
        lua_pushnumber(L, std::ldexp(static_cast<double>(detail) - 500.25, static_cast<int>(detail % 80) - 40));
        break;
      case 2: lua_pushstring(L, std::string(detail % 100, static_cast<char>('a' + detail % 26)).c_str()); break;
      case 3: lua_pushboolean(L, detail % 2); break;
      case 4:
      case 5:
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, all, ++tables);
        break;
      case 6: lua_rawgeti(L, all, 1 + static_cast<lua_Integer>(detail) % tables); break;
      default:
        if (lua_gettop(L) > all + 1 && lua_type(L, -1) == LUA_TTABLE) lua_pop(L, 1);
        continue;
    }
    // The value on top goes into the table below; a new table then becomes the current one.
    const bool enter = op % 9 == 4 || op % 9 == 5;
    if (detail % 3 == 0) {
      lua_pushvalue(L, -1);
      lua_rawseti(L, -3, static_cast<lua_Integer>(lua_rawlen(L, -3)) + 1);
    } else if (detail % 3 == 1) {
      lua_pushfstring(L, "key%d", static_cast<int>(detail % 50));
      lua_pushvalue(L, -2);
      lua_rawset(L, -4);
    } else {
      lua_pushvalue(L, -1);
      lua_rawseti(L, -3, static_cast<lua_Integer>(detail) - 700);
    }
    if (!enter) lua_pop(L, 1);
  }
  lua_settop(L, all + 1);
  lua_remove(L, all);
}

TEST(ValuesLua, RandomGraphsComeBackEqual) {
  EXPECT_TRUE(rc::check("a graph and its copy are the same", [](const std::vector<uint32_t>& program) {
    Bare b;
    b.run(kSame, 1);
    build(b.L, program);
    lua_pushvalue(b.L, -1);
    RC_ASSERT(static_cast<bool>(b.pass()));
    lua_newtable(b.L);
    lua_call(b.L, 3, 1);
    RC_ASSERT(lua_toboolean(b.L, -1) != 0);
    lua_settop(b.L, 0);
  }));
}

TEST(ValuesLua, RandomScalarsComeBackEqual) {
  EXPECT_TRUE(rc::check("scalars", [](int64_t i, double d, const std::string& s) {
    Bare b;
    lua_pushinteger(b.L, i);
    RC_ASSERT(static_cast<bool>(b.pass()));
    RC_ASSERT(lua_isinteger(b.L, -1) != 0);
    RC_ASSERT(lua_tointeger(b.L, -1) == i);
    lua_pushnumber(b.L, d);
    RC_ASSERT(static_cast<bool>(b.pass()));
    RC_ASSERT(lua_isinteger(b.L, -1) == 0);
    RC_ASSERT(lua_tonumber(b.L, -1) == d || std::isnan(d));
    lua_pushlstring(b.L, s.data(), s.size());
    RC_ASSERT(static_cast<bool>(b.pass()));
    std::size_t n = 0;
    const char* text = lua_tolstring(b.L, -1, &n);
    RC_ASSERT(std::string(text, n) == s);
    lua_settop(b.L, 0);
  }));
}

// Bytes that are no encoding must give an error, whatever they are.
TEST(ValuesLua, RandomBytesNeverCrash) {
  EXPECT_TRUE(rc::check("bytes", [](const std::string& bytes) {
    Bare b;
    const bool valid = validate_value(bytes).ok();
    lua_pushcfunction(b.L, [](lua_State* l) {
      push_value(l, *static_cast<const std::string*>(lua_touserdata(l, 1)));
      return 1;
    });
    lua_pushlightuserdata(b.L, const_cast<std::string*>(&bytes));
    const int status = lua_pcall(b.L, 1, 1, 0);
    if (valid) RC_ASSERT(status == LUA_OK);
    lua_settop(b.L, 0);
  }));
}

TEST(ValuesLua, C311_SharingAndCycles) {
  Bare b;
  b.run("local s = {1}; local v = {a = s, b = s, [s] = 'k'}; v.me = v; return v", 1);
  ASSERT_TRUE(b.pass());
  lua_setglobal(b.L, "v");
  b.run("assert(v.me == v and v.a == v.b and v[v.a] == 'k' and v.a[1] == 1)", 0);
}

TEST(ValuesLua, C313_RefusedTypesAreNamed) {
  Bare b;
  const struct {
    const char* code;
    const char* type;
  } cases[] = {
      {"return print", "function"},         {"return coroutine.create(print)", "coroutine"},
      {"return {{x = print}}", "function"}, {"return {[print] = 1}", "function"},
      {"return io.stdout", "FILE*"},
  };
  for (const auto& c : cases) {
    b.run(c.code, 1);
    std::string bytes;
    const EncodeResult r = b.encode(bytes);
    EXPECT_EQ(r.status.kind, ErrorKind::kInvalid) << c.code;
    ASSERT_NE(r.refused_type, nullptr) << c.code;
    EXPECT_STREQ(r.refused_type, c.type);
  }
}

TEST(ValuesLua, C313_RefusedPartsBecomeNilInResults) {
  Bare b;
  b.run("return {print, 2, x = print, [print] = 1, y = {io.stdout}}", 1);
  std::string bytes;
  ASSERT_TRUE(b.encode(bytes, Untransferable::kNil).ok());
  push_value(b.L, bytes);
  lua_setglobal(b.L, "v");
  b.run(
      "assert(v[1] == nil and v[2] == 2 and v.x == nil and next(v.y) == nil) "
      "for k in pairs(v) do assert(type(k) ~= 'function') end",
      0);
}

TEST(ValuesLua, C315_DepthHasACleanLimit) {
  Bare b;
  b.run("local v = {} for i = 1, 100000 do v = {v} end return v", 1);
  ASSERT_TRUE(b.pass());
  lua_setglobal(b.L, "v");
  b.run("local n = 0 while v[1] do v = v[1] n = n + 1 end assert(n == 100000)", 0);
  b.run("local v = {} for i = 1, 250000 do v = {v} end return v", 1);
  std::string bytes;
  const EncodeResult r = b.encode(bytes);
  EXPECT_EQ(r.status.kind, ErrorKind::kInvalid);
  EXPECT_EQ(r.refused_type, nullptr);
}

TEST(ValuesLua, C312_NoMetamethodRunsAndNoneTravels) {
  Bare b;
  b.run("return setmetatable({1, 2}, {__index = error, __len = error, __pairs = error, __newindex = error})", 1);
  ASSERT_TRUE(b.pass());
  EXPECT_EQ(lua_getmetatable(b.L, -1), 0);
  EXPECT_EQ(lua_rawlen(b.L, -1), 2u);
  lua_pop(b.L, 1);
}

TEST(ValuesLua, HolesKeepTheirPlaces) {
  Bare b;
  b.run("local v = {} for i = 1, 64 do v[i] = i end for i = 2, 62, 3 do v[i] = nil end return v", 1);
  ASSERT_TRUE(b.pass());
  lua_setglobal(b.L, "v");
  b.run(
      "for i = 1, 64 do local hole = i >= 2 and i <= 62 and (i - 2) % 3 == 0 "
      "assert(v[i] == (not hole and i or nil), i) end",
      0);
}

TEST(ValuesLua, C176_PayloadsAreUnwrappedAnywhere) {
  Bare b;
  b.run("return {payload.new({payload.new(payload.new('x'))}), k = payload.new(2)}", 1);
  ASSERT_TRUE(b.pass());
  lua_setglobal(b.L, "v");
  b.run("assert(v[1][1] == 'x' and v.k == 2)", 0);
}

TEST(ValuesLua, C299_ErrorObjectsKeepTheirFields) {
  Bare b;
  b.run(
      "return {errors.new{message = 'm', kind = 'Timeout', retryable = true, details = {k = {1, e = "
      "errors.new('in')}}}}",
      1);
  ASSERT_TRUE(b.pass());
  lua_setglobal(b.L, "v");
  b.run(
      "local e = v[1] assert(e:message() == 'm' and e:kind() == 'Timeout' and e:retryable() == true) "
      "assert(e:details().k[1] == 1 and e:details().k.e:message() == 'in' and #e:stack() > 0)",
      0);
}

TEST(ValuesLua, ManyPayloadsInOneBody) {
  Bare b;
  ValueWriter w;
  w.reset_body("topic", 3);
  b.run("return 1, {2}, 'three'");
  ASSERT_TRUE(encode_values(b.L, w, 1, 3, Untransferable::kRefuse).ok());
  lua_settop(b.L, 0);
  Body body;
  ASSERT_TRUE(open_body(w.view(), body));
  EXPECT_EQ(body.topic, "topic");
  EXPECT_EQ(body.count, 3u);
  push_raw_payload(b.L, body);
  lua_setglobal(b.L, "v");
  b.run("assert(#v == 3 and v[1] == 1 and v[2][1] == 2 and v[3] == 'three')", 0);
  push_message(b.L, Pid{}, body);
  lua_setglobal(b.L, "m");
  b.run("assert(m:from() == nil and m:topic() == 'topic' and m:payload()[2]:data()[1] == 2)", 0);  // C-179
}

TEST(Durations, RandomDurationsSurviveTheirText) {
  EXPECT_TRUE(rc::check("text", [](int64_t ns) {
    char text[kDurationTextBytes];
    const std::size_t n = format_duration(ns, text);
    int64_t back = 0;
    RC_ASSERT(parse_duration({text, n}, back));
    RC_ASSERT(back == ns);
  }));
}

TEST(Durations, LimitsSurviveTheirText) {
  for (const int64_t ns : {INT64_MAX, INT64_MIN, INT64_MIN + 1, int64_t{0}, int64_t{-1}}) {
    char text[kDurationTextBytes];
    const std::size_t n = format_duration(ns, text);
    int64_t back = 1;
    EXPECT_TRUE(parse_duration({text, n}, back)) << std::string(text, n);
    EXPECT_EQ(back, ns);
  }
  int64_t ns = 0;
  EXPECT_FALSE(parse_duration("9223372036854775808ns", ns));
  EXPECT_FALSE(parse_duration("2562048h", ns));
  EXPECT_TRUE(parse_duration("-9223372036854775808ns", ns));
}

}  // namespace
}  // namespace wippy::lua
