// Upgrades across engines, and what they cost: Lua to native and back, memory, limits, labels (spec/process.md §1.14).
#include <fstream>

#include <unistd.h>

#include "runtime/process/mail_limit.hpp"
#include "runtime/process/upgrade.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

std::string body_of(int64_t a, int64_t b) {
  ValueWriter w;
  w.reset_body({}, 2);
  w.integer(a);
  w.integer(b);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

ScriptEntry script(const std::string& id, const std::string& source) {
  ScriptEntry e;
  e.id = id;
  e.modules = {"time"};
  e.source = source;
  return e;
}

LuaNode* g_lua = nullptr;
std::string g_seen;       // what the native incarnation received; read after the end of the run
std::string g_entry_ids;  // as shown to people

// Takes three signals, then goes on as Lua.
Behavior native_part(Context& self, std::string arguments) {
  g_entry_ids += std::string(self.entry_id()) + " ";
  ValueReader r;
  EXPECT_TRUE(r.open_body(arguments).ok());
  for (int i = 0; i < 3; ++i) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kMessage) {
      g_seen += std::string(m.topic()) + std::to_string(m.integer()) + " ";
    } else {
      g_seen += m.kind() == SignalKind::kCancel ? "cancel " : "? ";
    }
  }
  EXPECT_EQ(self.upgrades(), 1u);
  co_await become(self, entry_successor(*g_lua, "app:last", body_of(10, 20)));
}

constexpr const char* kFirst = R"(
return { main = function()
  local a, box, events = process.listen("a"), process.inbox(), process.events()
  for i = 1, 6 do process.send(process.pid(), i % 2 == 0 and "a" or "b", i) end
  process.cancel(process.pid())
  process.send(process.pid(), "go", 7)
  time.sleep("1ms")                      -- everything is routed
  process.upgrade("app:native", 1)
end })";
constexpr const char* kLast = R"(
return { main = function(x, y)
  local seen = {}
  while true do
    local m = process.receive("5s")
    if not m then return "lost: " .. table.concat(seen, " ") end
    if m.kind then seen[#seen + 1] = "event" else seen[#seen + 1] = m:topic() .. m:payload():data() end
    if seen[#seen] == "go7" then return process.id() .. " " .. x + y .. " " .. table.concat(seen, " ") end
  end
end })";

TEST(LuaUpgrade, ToNativeAndBackWithItsMail) {
  LuaNode node;
  node.make_current();
  g_lua = &node;
  g_seen = g_entry_ids = {};
  ASSERT_EQ(node.add(script("app:first", kFirst)), "");
  ASSERT_EQ(node.add(script("app:last", kLast)), "");
  node.add_native("app:native", native_part);
  const LuaNode::Ending end = node.run("app:first");
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(end.text, "app:last 30 a4 b5 a6 event go7");
  EXPECT_EQ(g_seen, "b1 a2 b3 ");
  EXPECT_EQ(g_entry_ids, "app:native ");
}

// --- nothing grows

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kUpgrades = 5'000;
#else
constexpr int kUpgrades = 100'000;
#endif

// Uses a bit of everything that a process has.
constexpr const char* kClimbs = R"(
return { main = function(n, last, first_pid)
  first_pid = first_pid or process.pid()
  local box = process.inbox()
  process.listen("topic " .. n % 100)
  time.after("1h")
  coroutine.spawn(function() time.sleep("1h") end)
  process.send(process.pid(), "topic " .. (n + 1) % 100, ("x"):rep(100))
  if n > 1 then
    local r = channel.select{ box:case_receive(), process.listen("topic " .. n % 100):case_receive() }
    if not r.ok then error("no message") end
  end
  if n == last then return process.pid() == first_pid end
  process.upgrade(nil, n + 1, last, first_pid)
end })";

LuaNode::Ending climb(int upgrades) {
  LuaNode node;
  node.make_current();
  EXPECT_EQ(node.add(script("app:climbs", kClimbs)), "");
  EXPECT_EQ(node.add(script("app:starts", "return { main = function() process.upgrade('app:climbs', 1, " +
                                              std::to_string(upgrades) + ") end }")),
            "");
  return node.run("app:starts");
}

TEST(LuaUpgrade, ManyInARowDoNotGrow) {
  EXPECT_EQ(climb(kUpgrades / 10).text, "true");
  const uint64_t early = resident_bytes();
  const LuaNode::Ending later = climb(kUpgrades);
  EXPECT_FALSE(later.abnormal) << later.text;
  EXPECT_EQ(later.text, "true");
  EXPECT_LT(resident_bytes(), early + (8u << 20)) << kUpgrades << " upgrades leave nothing behind";
}

// --- limits and labels

constexpr const char* kHungry = R"(
return { main = function()
  local t = {}
  for i = 1, 20000 do t[i] = { i } end
  return #t
end })";

// `limited`: the first entry or the one it upgrades to.
LuaNode::Ending eat(const std::string& limited) {
  LuaNode node;
  node.make_current();
  node.limit_memory(limited, 200'000);
  EXPECT_EQ(node.add(script("app:first", "return { main = function() process.upgrade('app:hungry') end }")), "");
  EXPECT_EQ(node.add(script("app:hungry", kHungry)), "");
  return node.run("app:first");
}

TEST(LuaUpgrade, TheMemoryLimitIsTheNewEntrys) {
  const LuaNode::Ending freed = eat("app:first");
  EXPECT_FALSE(freed.abnormal) << freed.text;
  EXPECT_EQ(freed.text, "20000");
  const LuaNode::Ending limited = eat("app:hungry");
  EXPECT_TRUE(limited.abnormal);
  EXPECT_EQ(limited.text, "memory limit exceeded");
}

// --- a bounded mailbox: what is routed, given back and taken again is counted once

constexpr const char* kBounded = R"(
return { main = function(stage)
  local a, box = process.listen("a"), process.inbox()
  if stage == nil then
    local sent = 0
    for i = 1, 100 do
      if not process.send(process.pid(), i % 2 == 0 and "a" or "b", i) then break end
      sent = i
    end
    time.sleep("1ms")
    process.upgrade(nil, sent)
  end
  local got = 0
  while got < stage do
    local r = channel.select{ a:case_receive(), box:case_receive() }
    if r.channel == box and r.value:payload():data() ~= got + 1 or r.channel == a and r.value ~= got + 1 then
      return "out of order after " .. got
    end
    got = got + 1
  end
  for i = 1, stage do                    -- there is room for as many again
    if not process.send(process.pid(), "a", i) then return "no room for " .. i end
  end
  return stage
end })";

TEST(LuaUpgrade, ABoundedMailboxCountsOnce) {
  LuaNode node;
  node.make_current();
  ASSERT_EQ(node.add(script("app:bounded", kBounded)), "");
  node.limit_mail(20);
  const LuaNode::Ending end = node.run("app:bounded");
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(end.text, "20");
}

}  // namespace
}  // namespace wippy::lua::test
