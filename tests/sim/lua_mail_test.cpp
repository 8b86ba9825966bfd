// Selective receive: what one more message on a topic that somebody listens to costs, counted in items of the mailbox that are
// looked at, is the same behind no, 1,000 and 100,000 unread messages of other topics.
#include <gtest/gtest.h>

#include "runtime/sim/sim.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::simtest {
namespace {

using lua::test::LuaNode;
using lua::test::ScriptEntry;

// BACKLOG unread messages of fifty topics, then ROUNDS times what is measured.
constexpr const char* kHead = R"(
return { main = function()
  local me, events = process.pid(), process.events()
  for i = 1, BACKLOG do process.send(me, "other " .. i % 50, i) end
)";
constexpr const char* kReceive = R"(
  local mine = process.listen("mine")
  for i = 1, ROUNDS do
    process.send(me, "mine", i)
    assert(mine:receive() == i)
  end
  return true
end })";
constexpr const char* kSelect = R"(
  local channels = { process.listen("a"), process.listen("b"), process.listen("c") }
  for i = 1, ROUNDS do
    process.send(me, ({ "a", "b", "c" })[i % 3 + 1], i)
    local r = channel.select{ events:case_receive(), channels[1]:case_receive(), channels[2]:case_receive(),
                              channels[3]:case_receive() }
    assert(r.value == i and r.channel == channels[i % 3 + 1])
  end
  return true
end })";
// Claimed after it came; one message is left when the listener goes, and found by the next.
constexpr const char* kLateListen = R"(
  for i = 1, ROUNDS do
    process.send(me, "mine", i)
    process.send(me, "mine", -i)
    for _, want in ipairs{ i, -i } do
      local mine = process.listen("mine")
      assert(mine:receive() == want)
      assert(process.unlisten(mine))
    end
  end
  return true
end })";

std::string with_numbers(std::string text, int backlog, int rounds) {
  const auto put = [&text](const std::string& word, int number) {
    if (const std::size_t at = text.find(word); at != std::string::npos)
      text.replace(at, word.size(), std::to_string(number));
  };
  put("BACKLOG", backlog);
  put("ROUNDS", rounds);
  return text;
}

uint64_t looked_at(const char* body, int backlog, int rounds) {
  sim::Options o;
  o.mean_points = sim::kOnlyAtWaits;
  o.max_points = 2'000'000'000;
  uint64_t looked = 0;
  const sim::Result r = sim::run(1, o, [&] {
    const auto now = [] { return sim::counts()[static_cast<std::size_t>(Counted::kMailLooked)].times; };
    const uint64_t before = now();
    LuaNode node(1);
    node.make_current();
    ScriptEntry e;
    e.id = "test:mail";
    e.source = with_numbers(std::string(kHead) + body, backlog, rounds);
    EXPECT_EQ(node.add(e), "");
    const LuaNode::Ending end = node.run(e.id);
    EXPECT_FALSE(end.abnormal) << end.text;
    looked = now() - before;
    return 0;
  });
  EXPECT_EQ(r.outcome, sim::Outcome::kFinished) << r.report;
  return looked;
}

// Of a hundred more rounds, so that what the backlog itself costs drops out.
uint64_t of_a_hundred_rounds(const char* body, int backlog) {
  return looked_at(body, backlog, 200) - looked_at(body, backlog, 100);
}

void expect_flat(const char* body) {
  const uint64_t alone = of_a_hundred_rounds(body, 0);
  EXPECT_GE(alone, 100u) << "the items that are taken are counted";
  EXPECT_EQ(of_a_hundred_rounds(body, 1000), alone);
  EXPECT_EQ(of_a_hundred_rounds(body, 100'000), alone);
}

TEST(LuaMail, AListenerDoesNotLookAtOtherMail) { expect_flat(kReceive); }
TEST(LuaMail, NorDoesASelectOverSeveral) { expect_flat(kSelect); }
TEST(LuaMail, NorDoesALateListenerAndOneThatLeavesMail) { expect_flat(kLateListen); }

}  // namespace
}  // namespace wippy::simtest
