// libs: wippy_lua wippy_runtime wippy_cli
// What a script can reach and what comes out of it: the golden lists of tests/lua/golden, a search for addresses and paths of
// the host in everything functions give for arguments by chance, and the memory limit of hosts (field.md §7b).
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

std::string source_root() {
  const char* root = std::getenv("WIPPY_SOURCE_DIR");
  return root != nullptr ? root : ".";
}

// Every literal of the sources that could be a name: whatever the host gives scripts, its name stands there.
void add_literals(const std::string& text, std::set<std::string>& names) {
  for (std::size_t i = text.find('"'); i != std::string::npos; i = text.find('"', i + 1)) {
    std::size_t end = i + 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    const bool is_name = end < text.size() && text[end] == '"' && end > i + 1 &&
                         std::isdigit(static_cast<unsigned char>(text[i + 1])) == 0;
    if (is_name) names.insert(text.substr(i + 1, end - i - 1));
  }
}

std::string names_as_lua() {
  std::set<std::string> names;
  for (const auto& f : std::filesystem::recursive_directory_iterator(source_root() + "/lua")) {
    if (f.is_regular_file()) add_literals(read_file(f.path().string()), names);
  }
  std::istringstream foreign(
      "load loadstring loadfile dofile debug io os package module setfenv getfenv newproxy gcinfo warn collectgarbage "
      "jit ffi "
      "bit bit32 utf8 dump execute exit remove rename tmpname getenv setlocale loadlib searchpath searchers loaders "
      "preload "
      "loaded path cpath config traceback sethook getinfo getregistry getupvalue setupvalue getmetatable upvalueid "
      "debug "
      "popen open lines input output read write close tmpfile _ENV __gc __index __metatable __newindex __name __mode "
      "integer number boolean string funcs registry events uuid http sql fs exec store security env crypto hash base64 "
      "yaml");
  for (std::string word; foreign >> word;) names.insert(word);
  std::string out = "local NAMES = {";
  for (const std::string& n : names) out += "'" + n + "',";
  return out + "}\n";
}

// A node with the walker as `app.test:<method>`, listing `modules`.
class Isolation : public ::testing::Test {
 protected:
  void add(const std::string& method, const std::vector<std::string>& modules, std::size_t memory_limit = 0) {
    ScriptEntry e;
    e.id = "app.test:" + method;
    e.method = method;
    e.modules = modules;
    e.memory_limit = memory_limit;
    e.source = names_as_lua() + read_file(source_root() + "/tests/lua/helper/walk.lua");
    ASSERT_EQ(node.add(e), "");
  }
  std::vector<std::string> all_modules() {
    std::vector<std::string> out;
    const LuaHooks& hooks = node.hooks();
    for (std::size_t i = 0; i < hooks.library_count; ++i) {
      if (!hooks.libraries[i].always) out.emplace_back(hooks.libraries[i].name);
    }
    return out;
  }
  void expect_golden(const std::string& name, const std::vector<std::string>& modules) {
    node.make_current();
    ASSERT_NO_FATAL_FAILURE(add("list", modules));
    ScriptEntry called;
    called.id = "app.test:called";
    called.source = "return { main = function() return 1 end }";
    ASSERT_EQ(node.add(called), "");
    const LuaNode::Ending end = node.run("app.test:list");
    ASSERT_FALSE(end.abnormal) << end.text;
    std::vector<std::string> lines;
    std::istringstream text(LuaNode::lines());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    std::string got;
    for (const std::string& line : lines) got += line + "\n";
    const std::string path = source_root() + "/tests/lua/golden/" + name;
    if (std::getenv("WIPPY_WRITE_GOLDEN") != nullptr) std::ofstream(path) << got;
    expect_same(read_file(path), got);
    for (const char* absent :
         {"_G.load ", "_G.loadstring ", "_G.loadfile ", "_G.dofile ", "_G.debug ", "_G.io ", ".dump ", "_G.os.execute ",
          "_G.os.exit ", "_G.os.getenv ", "_G.os.remove ", "_G.os.rename ", "_G.os.tmpname ", "_G.os.setlocale ",
          ".loadlib ", ".searchers ", "_G.package.path "}) {
      EXPECT_EQ(got.find(absent), std::string::npos) << absent;
    }
    EXPECT_GT(lines.size(), 150u);
  }
  static void expect_same(const std::string& want, const std::string& got) {
    if (want == got) return;
    std::set<std::string> wanted;
    std::istringstream old(want);
    for (std::string line; std::getline(old, line);) wanted.insert(line);
    std::string difference;
    std::istringstream now(got);
    for (std::string line; std::getline(now, line);) {
      if (wanted.erase(line) == 0) difference += "  + " + line + "\n";
    }
    for (const std::string& line : wanted) difference += "  - " + line + "\n";
    ADD_FAILURE() << "Scripts reach something else than before. Each line is a decision; if they are right:\n"
                  << "  WIPPY_WRITE_GOLDEN=1 build/release/bin/unit_lua_process --gtest_filter='Isolation.*Golden'\n"
                  << difference;
  }
  LuaNode node;
};

TEST_F(Isolation, C300_C301_BareGolden) { expect_golden("reachable_bare.txt", {"none"}); }
TEST_F(Isolation, C300_C303_AllModulesGolden) { expect_golden("reachable_all.txt", all_modules()); }

// --- nothing of the host in what comes out

struct Range {
  uint64_t begin;
  uint64_t end;
};
std::vector<Range> mappings() {
  std::vector<Range> out;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Range r{};
    char* rest = nullptr;
    r.begin = std::strtoull(line.c_str(), &rest, 16);
    r.end = std::strtoull(rest + 1, nullptr, 16);
    out.push_back(r);
  }
  return out;
}

// The first address of this program's memory in `line`, written as 0x…; empty: none.
std::string address_in(const std::string& line, const std::vector<Range>& ranges) {
  for (std::size_t i = line.find("0x"); i != std::string::npos; i = line.find("0x", i + 2)) {
    char* end = nullptr;
    const uint64_t value = std::strtoull(line.c_str() + i, &end, 16);
    for (const Range& r : ranges) {
      if (value >= r.begin && value < r.end) return line.substr(i, static_cast<std::size_t>(end - line.c_str()) - i);
    }
  }
  return {};
}

TEST_F(Isolation, TheSearchForAddressesFindsOne) {
  const auto ranges = mappings();
  char text[64];
  std::snprintf(text, sizeof text, "table: %p", static_cast<const void*>(this));
  EXPECT_NE(address_in(text, ranges), "");
  EXPECT_EQ(address_in("table: 0x00000001, 0x0000beef and 0x", ranges), "");
}

TEST_F(Isolation, NothingOfTheHostInWhatFunctionsSay) {
  node.make_current();
  ASSERT_NO_FATAL_FAILURE(add("campaign", all_modules()));
  ASSERT_NO_FATAL_FAILURE(add("fuzz", all_modules(), std::size_t{32} << 20));
  ScriptEntry fuzzed;
  fuzzed.id = "app.test:fuzzed";
  fuzzed.source = "return { main = function(...) return ... end }";
  ASSERT_EQ(node.add(fuzzed), "");
  const LuaNode::Ending end = node.run("app.test:campaign");
  ASSERT_FALSE(end.abnormal) << end.text;
  EXPECT_GT(std::stol(end.text), 15'000) << "calls";
  const auto ranges = mappings();
  std::istringstream text(LuaNode::lines());
  const std::string root = std::filesystem::canonical(source_root()).string();
  std::size_t lines = 0;
  for (std::string line; std::getline(text, line); ++lines) {
    EXPECT_EQ(address_in(line, ranges), "") << line;
    if (line.find("system.process.cwd") != std::string::npos) continue;  // which is asked for that, by a permission
    for (const char* trace : {"/usr", "/home", "/root", "/tmp", "/work", "/lib", ".cpp", ".hpp", root.c_str()}) {
      EXPECT_EQ(line.find(trace), std::string::npos) << line;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(lines, 2'000u) << "texts looked at";
}

// --- the memory limit of a host

TEST_F(Isolation, TheSmallerOfTheLimitsOfEntryAndHostHolds) {
  node.make_current();
  HostOptions o;
  o.id = "app:small";
  o.memory_limit = std::size_t{2} << 20;
  ASSERT_TRUE(node.node().runtime().add_host(o).start().ok());
  const std::string hog = R"(return { main = function(parent)
    local t = {}
    for i = 1, 1e9 do
      t[i] = ("x"):rep(1000) .. i
      if i % 50 == 0 then process.send(parent, "at", i) end
    end
  end })";
  for (const auto& [id, limit] :
       {std::pair{"app.test:modest", 1 << 20}, {"app.test:free", 0}, {"app.test:greedy", 64 << 20}}) {
    ScriptEntry e;
    e.id = id;
    e.memory_limit = static_cast<std::size_t>(limit);
    e.source = hog;
    ASSERT_EQ(node.add(e), "");
  }
  ScriptEntry asks;
  asks.id = "app.test:asks";
  asks.source = R"(
    local function reached(entry, host)
      local at, events, n = process.listen("at"), process.events(), 0
      assert(process.spawn_monitored(entry, host, process.pid()))
      while true do
        local r = channel.select{ at:case_receive(), events:case_receive() }
        if r.channel == at then
          n = r.value
        else
          assert(tostring(r.value.error) == "memory limit exceeded", tostring(r.value.error))
          process.unlisten(at)
          return n
        end
      end
    end
    return { main = function()
      local modest, small, greedy = reached("app.test:modest", "app:small"), reached("app.test:free", "app:small"), reached("app.test:greedy", "app:small")
      local alone = reached("app.test:modest", "app:processes")
      assert(modest > 400 and modest < 1000, modest)
      assert(alone > 400 and alone < 1000, alone)
      assert(small > 1200 and small < 2000, small)
      assert(greedy > 1200 and greedy < 2000, greedy)
      return true
    end })";
  ASSERT_EQ(node.add(asks), "");
  const LuaNode::Ending end = node.run("app.test:asks");
  EXPECT_FALSE(end.abnormal) << end.text;
  EXPECT_EQ(end.text, "true");
}

}  // namespace
}  // namespace wippy::lua::test
