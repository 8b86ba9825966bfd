// Programs in a real runtime: what is compiled, and how often.
#include "cli/programs.hpp"

#include <gtest/gtest.h>

#include "cli/lua_syntax.hpp"
#include "cli/node_app.hpp"
#include "lua/library.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::cli {
namespace {

class ProgramsTest : public testing::Test {
 protected:
  // Runs main of app:it with that body; `more`: further entries.
  Programs::Counts run(const std::string& body, const std::string& more) {
    project.file("src/it.lua", "return { main = function()\n" + body + "\nend }");
    project.file("src/_index.yaml",
                 "version: '1.0'\nnamespace: app\nentries:\n"
                 "  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}\n"
                 "  - {name: terminal, kind: terminal.host}\n"
                 "  - {name: it, kind: process.lua, source: 'file://it.lua', modules: [registry]}\n" +
                     more);
    const app::Application app = project.good();
    RunOptions options;
    options.mode = RunMode::kCommand;
    options.process = {"app", "it"};
    options.terminal_host = {"app", "terminal"};
    std::vector<app::EntryId> roots = app::auto_started(app);
    roots.push_back(options.terminal_host);
    options.boot_order = app::start_order(app, roots);
    NodeApp node(app, options);
    std::string error;
    EXPECT_TRUE(node.start(error)) << error;
    EXPECT_EQ(node.run_to_end(), 0);
    return node.programs().counts();
  }
  test::Project project;
};

constexpr const char* kWorker =
    "  - {name: w, kind: process.lua, source: 'return { main = function() return 1 end }'}\n";

TEST_F(ProgramsTest, H284_TenThousandSpawnsCompileOnce) {
  const Programs::Counts counts =
      run("for i = 1, 10000 do assert(process.exec('app:w', 'app:processes') == 1) end", kWorker);
  EXPECT_EQ(counts.misses, 2u);  // app:it and app:w
  EXPECT_EQ(counts.entries, 2u);
}

TEST_F(ProgramsTest, H283_AThousandUpgradesCompileOnce) {
  const std::string up =
      "  - name: w\n    kind: process.lua\n    source: |\n"
      "      return { main = function(n)\n        if n > 0 then process.upgrade(nil, n - 1) end\n        return 'end'\n"
      "      end }\n";
  EXPECT_EQ(run("assert(process.exec('app:w', 'app:processes', 1000) == 'end')", up).misses, 2u);
}

TEST_F(ProgramsTest, H286_AnUpdateCompilesWhatChangedAndNothingElse) {
  const std::string more =
      "  - {name: lib, kind: library.lua, source: 'return 1'}\n"
      "  - {name: u, kind: process.lua, source: \"return function() return require('l') end\", imports: {l: lib}}\n" +
      std::string(kWorker);
  const Programs::Counts counts = run(R"(
    local registry = require('registry')
    local function put(data, meta)
      local c = registry.snapshot():changes()
      assert(c:update{ id = 'app:lib', kind = 'library.lua', data = data, meta = meta }:apply())
    end
    assert(process.exec('app:u', 'app:processes') == 1)
    put{ source = 'return 2' }
    assert(process.exec('app:u', 'app:processes') == 2)
    put({ source = 'return 2' }, { title = 'the same text' })
    assert(process.exec('app:u', 'app:processes') == 2))",
                                      more);
  EXPECT_EQ(counts.misses, 5u);  // four entries, and the library's new text
  EXPECT_EQ(counts.entries, 4u);
  EXPECT_EQ(counts.hits, 7u);  // three beside the library, then all four
}

TEST_F(ProgramsTest, H289_OldTablesAreFreedWhileProcessesSpawn) {
  const Programs::Counts counts = run(R"(
    local registry = require('registry')
    coroutine.spawn(function() while true do process.exec('app:w', 'app:processes') end end)
    for i = 1, 100 do
      local c = registry.snapshot():changes()
      assert(c:update{ id = 'app:w', kind = 'process.lua', data = { source = 'return function() return ' .. i .. ' end' } }:apply())
      assert(process.exec('app:w', 'app:processes') == i)
    end)",
                                      kWorker);
  EXPECT_EQ(counts.misses, 102u);
}

}  // namespace
}  // namespace wippy::cli
