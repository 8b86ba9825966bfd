// libs: wippy_lua wippy_runtime wippy_cli
// C-179: msg:from() is nil for a message without sender, which a script alone cannot make.
#include <gtest/gtest.h>

#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

LuaNode* g_node = nullptr;
std::string g_ending;

std::string body_with(const char* topic) {
  ValueWriter w;
  w.reset_body(topic, 1);
  w.integer(7);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

TEST(Sender, C179FromIsNilWithoutSender) {
  LuaNode node;
  g_node = &node;
  ScriptEntry e;
  e.id = "app.test:reads";
  e.source = R"(return { main = function()
    local box = process.inbox()
    local first, second = box:receive(), box:receive()
    return tostring(first:from() == nil) .. " " .. tostring(first.from) .. " " .. first:topic() .. " " .. first:payload():data()
      .. " " .. tostring(second:from() ~= nil)
  end })";
  ASSERT_EQ(node.add(e), "");
  node.node().run([](Context& self, wippy::test::Node& n) -> Behavior {
    SpawnOptions o;
    o.monitor = true;
    ValueWriter w;
    w.reset_body({}, 0);
    const SpawnResult r = g_node->spawn(self, "app.test:reads", w.view(), o);
    EXPECT_TRUE(r.status.ok()) << r.error_text;
    const std::string body = body_with("t");
    EXPECT_TRUE(self.send_anonymous(r.pid, body.data(), body.size()).ok());
    EXPECT_TRUE(self.send(r.pid, body.data(), body.size()).ok());
    Message m = co_await receive(self);
    g_ending = LuaNode::text_of(m.body());
    n.done();
  });
  EXPECT_EQ(g_ending, "true nil t 7 true");
}

}  // namespace
}  // namespace wippy::lua::test
