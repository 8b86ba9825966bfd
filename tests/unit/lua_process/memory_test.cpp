// libs: wippy_lua wippy_runtime wippy_cli
// What 100,000 lives of Lua processes leave behind: nothing that grows. Sanitizer builds live a tenth of them.
#include <gtest/gtest.h>

#include "tests/stress/scale.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

constexpr const char* kOne = "return { main = function(n) return n + 1 end }";
// Eight at a time: they are born, run and die while others do.
constexpr const char* kMany = R"(
return { main = function()
  local events = process.events()
  for round = 1, ROUNDS do
    for i = 1, 8 do assert(process.spawn_monitored("app.test:one", "app:processes", i)) end
    for i = 1, 8 do assert(events:receive().error == nil) end
  end
  return true
end }
)";

ScriptEntry entry_of(const char* id, const char* source) {
  ScriptEntry e;
  e.id = id;
  e.source = source;
  return e;
}

TEST(LuaMemory, C328_AHundredThousandLivesLeaveNothing) {
  LuaNode node;
  node.make_current();
  ASSERT_EQ(node.add(entry_of("app.test:one", kOne)), "");
  std::string many = kMany;
  many.replace(many.find("ROUNDS"), 6, std::to_string(stress_scale(12'500)));
  ASSERT_EQ(node.add(entry_of("app.test:many", many.c_str())), "");
  const int64_t baseline = node.node().runtime().node().live_processes();
  const LuaNode::Ending end = node.run("app.test:many");
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(end.text, "true");
  EXPECT_TRUE(node.node().empties());
  EXPECT_EQ(node.node().runtime().node().live_processes(), baseline);
  EXPECT_LT(node.node().carved_blocks(), 20'000u) << "blocks of finished processes are not reused";
}

}  // namespace
}  // namespace wippy::lua::test
