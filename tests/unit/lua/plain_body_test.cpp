// A plain body is byte for byte what a ValueWriter makes, or none.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <lua5.4/lua.hpp>

#include "lua/plain_body.hpp"
#include "lua/values_lua.hpp"

namespace wippy::lua {
namespace {

class PlainBodies : public ::testing::Test {
 protected:
  ~PlainBodies() override { lua_close(L); }
  // What both ways make of the values on the stack, which are then popped.
  void compare(std::string_view topic, bool plain) {
    const int count = lua_gettop(L);
    ValueWriter w;
    w.reset_body(topic, static_cast<uint32_t>(count));
    ASSERT_TRUE(encode_values(L, w, 1, count, Untransferable::kRefuse).ok());
    PlainBody body;
    ASSERT_EQ(body.make(L, topic, 1, count), plain);
    if (plain) {
      ASSERT_EQ(body.view(), w.view());
    }
    ASSERT_EQ(lua_gettop(L), count);
    lua_settop(L, 0);
  }
  lua_State* L = luaL_newstate();
};

TEST_F(PlainBodies, EveryShortScalar) {
  compare("", true);
  for (const lua_Integer i : {lua_Integer{0}, lua_Integer{1}, lua_Integer{127}, lua_Integer{128}, lua_Integer{-1},
                              lua_Integer{INT32_MAX}, lua_Integer{INT32_MIN}, lua_Integer{INT32_MAX} + 1,
                              lua_Integer{INT32_MIN} - 1, LUA_MAXINTEGER, LUA_MININTEGER}) {
    lua_pushinteger(L, i);
    compare("n", true);
  }
  for (const double d : {0.0, -0.0, 0.5, 1e300, HUGE_VAL, std::nan("")}) {
    lua_pushnumber(L, d);
    compare("n", true);
  }
  lua_pushnil(L);
  lua_pushboolean(L, 0);
  lua_pushboolean(L, 1);
  compare(std::string(63, 't'), true);
  lua_pushstring(L, std::string(63, 's').c_str());
  lua_pushstring(L, std::string(63, 's').c_str());
  lua_pushstring(L, std::string(63, 's').c_str());
  compare(std::string(63, 't'), true);
}

TEST_F(PlainBodies, NotForTheRest) {
  lua_pushstring(L, std::string(64, 's').c_str());
  compare("t", false);
  lua_newtable(L);
  compare("t", false);
  lua_pushinteger(L, 1);
  compare(std::string(64, 't'), false);
  for (int i = 0; i < 4; ++i) lua_pushinteger(L, i);
  compare("t", false);
}

TEST_F(PlainBodies, RandomOnes) {
  EXPECT_TRUE(rc::check("the same bytes", [&] {
    const auto topic = *rc::gen::resize(62, rc::gen::arbitrary<std::string>());
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      if (*rc::gen::arbitrary<bool>()) {
        lua_pushinteger(L, *rc::gen::arbitrary<lua_Integer>());
      } else {
        const auto text = *rc::gen::resize(62, rc::gen::arbitrary<std::string>());
        lua_pushlstring(L, text.data(), text.size());
      }
    }
    compare(topic, true);
    RC_ASSERT(!HasFatalFailure());
  }));
}

}  // namespace
}  // namespace wippy::lua
