// Files, source roots, index formats: host.md §1.1-1.8, §1.13.
#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

using test::Project;
using test::Texts;

constexpr const char* kOneHost = "namespace: app\nentries:\n  - name: h\n    kind: terminal.host\n";

TEST(Layout, H004_NamespaceComesFromTheFile) {
  Project project;
  project.file("src/a/b/anything.yml", kOneHost);
  EXPECT_NE(project.good().find({"app", "h"}), nullptr);
}

TEST(Layout, H006_TripleSlashMeansSourceRoot) {
  Project project;
  project.file("src/deep/er/_index.yaml",
               "namespace: app\nentries:\n  - {name: x, kind: process.lua, source: 'file:///shared/x.lua'}\n");
  project.file("src/shared/x.lua", "return 1");
  const Application app = project.good();
  EXPECT_EQ(app.find({"app", "x"})->config_as<ProcessLuaConfig>()->source, "return 1");
  EXPECT_EQ(app.find({"app", "x"})->config_as<ProcessLuaConfig>()->source_path, "src/shared/x.lua");
}

TEST(Layout, H007_H008_H009_FileValuesThatDoNotWork) {
  Project project;
  project.file("outside.lua", "secret");
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n"
               "  - {name: a, kind: process.lua, source: 'file://../../../etc/passwd'}\n"
               "  - {name: b, kind: process.lua, source: 'file://link.lua'}\n"
               "  - {name: c, kind: process.lua, source: 'file://missing.lua'}\n"
               "  - {name: d, kind: process.lua, source: 'file://dir'}\n"
               "  - {name: e, kind: process.lua, source: 'file:///../outside.lua'}\n"
               "  - {name: f, kind: process.lua, source: 'file://dirlink/outside.lua'}\n");
  std::filesystem::create_directories(project.root() / "src/dir");
  std::filesystem::create_symlink("../outside.lua", project.root() / "src/link.lua");
  std::filesystem::create_symlink("..", project.root() / "src/dirlink");
  const std::string outside = (project.root() / "outside.lua").generic_string();
  const std::string passwd = (project.root() / "src/../../../etc/passwd").lexically_normal().generic_string();
  EXPECT_EQ(project.errors(),
            (Texts{"src/_index.yaml:3:42: entry app:a: source: file://../../../etc/passwd: " + passwd +
                       " lies outside the source root src",
                   "src/_index.yaml:4:42: entry app:b: source: file://link.lua: src/link.lua is a symlink that leads "
                   "outside the source root, to " +
                       outside,
                   "src/_index.yaml:5:42: entry app:c: source: file://missing.lua: src/missing.lua does not exist",
                   "src/_index.yaml:6:42: entry app:d: source: file://dir: src/dir is a directory",
                   "src/_index.yaml:7:42: entry app:e: source: file:///../outside.lua: outside.lua lies outside the "
                   "source root src",
                   "src/_index.yaml:8:42: entry app:f: source: file://dirlink/outside.lua: src/dirlink/outside.lua is "
                   "a symlink that leads outside the source root, to " +
                       outside}));
}

TEST(Layout, H010_InlineSourceKnowsItsLines) {
  Project project;
  project.file(
      "src/_index.yaml",
      "namespace: app\nentries:\n  - name: x\n    kind: process.lua\n    source: |\n      return 1\n      -- two\n");
  const Application app = project.good();
  const auto* config = app.find({"app", "x"})->config_as<ProcessLuaConfig>();
  EXPECT_EQ(config->source, "return 1\n-- two\n");
  EXPECT_EQ(config->source_path, "src/_index.yaml");
  EXPECT_EQ(config->source_line, 6);
}

TEST(Layout, H011_JsonAndAnyName) {
  Project project;
  project.file("src/hosts.json",
               "{\"namespace\": \"app\", \"entries\": [{\"name\": \"h\", \"kind\": \"process.host\", \"host\": "
               "{\"workers\": 3}}]}");
  project.file("src/more.yml", "namespace: b\nname: t\nkind: terminal.host\n");
  const Application app = project.good();
  EXPECT_EQ(app.find({"app", "h"})->config_as<ProcessHostConfig>()->workers, 3);
  EXPECT_NE(app.find({"b", "t"}), nullptr);
}

TEST(Layout, JsonProblemsHavePlaces) {
  Project project;
  project.file("src/a.json",
               "{\"namespace\": \"app\",\n \"entries\": [\n  {\"name\": \"h\", \"kind\": \"process.host\", \"host\": "
               "{\"workers\": \"many\"}}]}");
  EXPECT_EQ(project.errors(),
            Texts{"src/a.json:3:61: entry app:h: host.workers: expected an integer, got text \"many\""});
}

TEST(Layout, H012_OtherYamlIsIgnored) {
  Project project;
  project.file("src/_index.yaml", kOneHost);
  project.file("src/other.yaml", "kind: something\nname: else\na: 1\na: 2\n---\nb: 1\n");
  project.file("src/list.yaml", "- 1\n- 2\n");
  project.file("src/empty.yaml", "");
  project.file("src/data.json", "[1]");
  project.file("src/node_modules/x/_index.yaml", "namespace: [");
  project.file("src/.hidden/_index.yaml", "namespace: [");
  const Application app = project.good();
  EXPECT_EQ(app.entries.size(), 1U);
  EXPECT_TRUE(app.warnings.empty());
}

TEST(Layout, H013_SingleForm) {
  Project project;
  project.file("src/one.yaml",
               "version: 1.0\nnamespace: app\nname: t\nkind: terminal.host\nmeta: {comment: x}\nhide_logs: true\n");
  const Application app = project.good();
  const Entry* entry = app.find({"app", "t"});
  EXPECT_TRUE(entry->config_as<TerminalHostConfig>()->hide_logs);
  EXPECT_EQ(entry->meta.find("comment")->text, "x");
  EXPECT_EQ(entry->origin.index, -1);
  EXPECT_TRUE(app.warnings.empty());
}

TEST(Layout, H014_FileMetaLiesBeneath) {
  Project project;
  project.file("src/_index.yaml",
               "namespace: app\nmeta: {team: core, type: file}\nentries:\n  - {name: t, kind: terminal.host, meta: "
               "{type: own}}\n");
  const Application app = project.good();
  EXPECT_EQ(app.find({"app", "t"})->meta.find("team")->text, "core");
  EXPECT_EQ(app.find({"app", "t"})->meta.find("type")->text, "own");
}

TEST(Layout, H015_DataReplacesSiblings) {
  Project project;
  project.file("src/_index.yaml",
               "namespace: app\nentries:\n  - {name: t, kind: terminal.host, hide_logs: 7, data: {hide_logs: true}}\n");
  const Application app = project.good();
  EXPECT_TRUE(app.find({"app", "t"})->config_as<TerminalHostConfig>()->hide_logs);
  EXPECT_EQ(app.find({"app", "t"})->data.members.size(), 1U);
  EXPECT_TRUE(app.warnings.empty());

  project.file("src/_index.yaml", "namespace: app\nentries:\n  - {name: t, kind: terminal.host, data: [1]}\n");
  EXPECT_EQ(project.errors(), Texts{"src/_index.yaml:3:42: entry app:t: data: expected a map, got list"});
}

TEST(Layout, H017_DuplicateIds) {
  Project project;
  project.file("src/a.yaml", kOneHost).file("src/b.yaml", kOneHost);
  EXPECT_EQ(project.errors(), Texts{"src/b.yaml:3:5: entry app:h: duplicate ID app:h, first defined at src/a.yaml:3"});
}

TEST(Layout, H018_H019_NamesAndKinds) {
  Project project;
  project.file(
      "src/_index.yaml",
      "namespace: app\nentries:\n  - kind: terminal.host\n  - name: ''\n    kind: terminal.host\n  - name: x\n  - "
      "{name: y, kind: ' '}\n  - {name: 5, kind: terminal.host}\n  - just text\n  - name: z\n    kind: [a]\n");
  EXPECT_EQ(project.errors(), (Texts{"src/_index.yaml:3:5: entry entries[0]: name: name is missing",
                                     "src/_index.yaml:4:11: entry entries[1]: name: name is empty",
                                     "src/_index.yaml:6:5: entry app:x: kind: kind is missing (entries[2])",
                                     "src/_index.yaml:7:21: entry app:y: kind: kind is empty (entries[3])",
                                     "src/_index.yaml:8:12: entry entries[4]: name: expected text, got integer 5",
                                     "src/_index.yaml:9:5: entry entries[5]: expected a map, got text \"just text\"",
                                     "src/_index.yaml:11:11: entry app:z: kind: expected text, got list"}));
}

TEST(Layout, EntriesMustBeAList) {
  Project project;
  project.file("src/a.yaml", "namespace: app\nentries: {name: x}\n");
  project.file("src/b.yaml", "namespace: app\nentires: []\n");
  project.file("src/c.yaml", "namespace: app\nentries:\n");
  EXPECT_EQ(project.errors(), (Texts{"src/a.yaml:2:10: entries: expected a list, got map",
                                     "src/b.yaml:1:1: has a namespace but neither entries nor name and kind"}));
}

TEST(Layout, H020_SyntaxErrorsDoNotHideOthers) {
  Project project;
  project.file("src/a.yaml", "namespace: app\nentries: [\n");
  project.file("src/b.yaml", "namespace: app\nentries:\n  - name: x\n   kind: y\n");
  project.file("src/c.yaml", "namespace: app\nentries:\n  - kind: y\n");
  const Texts errors = project.errors();
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0], "src/a.yaml:3:1: YAML syntax: end of sequence flow not found");
  EXPECT_EQ(errors[1], "src/b.yaml:4:4: YAML syntax: end of sequence not found");
  EXPECT_EQ(errors[2], "src/c.yaml:3:5: entry entries[0]: name: name is missing");
}

TEST(Layout, H025_Versions) {
  Project project;
  project.file("src/a.yaml", std::string("version: \"2.0\"\n") + kOneHost);
  EXPECT_EQ(project.errors(), Texts{"src/a.yaml:1:10: version: unknown version text \"2.0\", accepted: \"1.0\""});
  project.file("src/a.yaml", std::string("version: 1.0\n") + kOneHost);
  EXPECT_TRUE(project.errors().empty());
}

TEST(Layout, NamespacesAndUnknownKeys) {
  Project project;
  project.file("src/a.yaml", "namespace: my app\nentries: []\n");
  project.file("src/b.yaml", "namespace: b\nentires2: 1\nmta: {}\nentries: []\n");
  EXPECT_EQ(project.errors(),
            Texts{"src/a.yaml:1:12: namespace: expected letters, digits, '_', '-' and '.', got \"my app\""});
  EXPECT_EQ(project.warnings(), (Texts{"src/b.yaml:2:1: entires2: unknown field",
                                       "src/b.yaml:3:1: mta: unknown field; did you mean \"meta\"?"}));
}

TEST(Layout, DuplicateKeysInAnIndexFile) {
  Project project;
  project.file("src/a.yaml",
               "namespace: app\nentries:\n  - name: h\n    kind: terminal.host\n    kind: process.host\n");
  EXPECT_EQ(project.errors(), Texts{"src/a.yaml:5:5: duplicate key \"kind\", first given in line 4"});
}

TEST(Layout, H036_LockNamesTheSourceRoot) {
  Project project;
  project.file("wippy.lock", "directories:\n  src: ./app\n  modules: .wippy\n");
  project.file("app/_index.yaml", kOneHost).file("src/_index.yaml", "namespace: [");
  EXPECT_NE(project.good().find({"app", "h"}), nullptr);
}

TEST(Layout, H037_LockWithMissingDirectory) {
  Project project;
  project.file("wippy.lock", "directories:\n  src: ./nowhere\n");
  EXPECT_EQ(project.errors(), Texts{"wippy.lock:2:8: directories.src: source directory ./nowhere does not exist"});
  project.file("wippy.lock", "directories: {src: ''}\n");
  EXPECT_EQ(project.errors(), Texts{"wippy.lock:1:20: directories.src: src must not be empty"});
}

TEST(Layout, LockWithoutDirectoriesMeansTheRoot) {
  Project project;
  project.file("wippy.lock", "").file("x.yaml", kOneHost);
  EXPECT_NE(project.good().find({"app", "h"}), nullptr);
}

TEST(Layout, LockWithModules) {
  Project project;
  project.file("src/_index.yaml", kOneHost);
  project.file("wippy.lock",
               "directories: {src: src}\nmodules:\n  - {name: acme/http, version: 1.2.3}\n  - {name: nope, version: "
               "''}\nreplacements:\n  - {from: a/b, to: gone}\n");
  EXPECT_EQ(project.errors(),
            (Texts{"wippy.lock:3:12: modules[0].name: module acme/http 1.2.3 is listed in wippy.lock but not present "
                   "under .wippy; run with network install is not supported",
                   "wippy.lock:4:12: modules[1].name: expected a module name of the form org/module, got \"nope\"",
                   "wippy.lock:4:27: modules[1].version: version must not be empty",
                   "wippy.lock:6:21: replacements[0].to: directory gone does not exist"}));
}

TEST(Layout, RootWithIndexFileIsTheSourceRoot) {
  Project project;
  project.file("_index.yaml", kOneHost)
      .file("sub/x.yaml", "namespace: b\nname: t\nkind: terminal.host\n")
      .file(".wippy.yaml", "version: \"1.0\"\n");
  EXPECT_EQ(project.good().entries.size(), 2U);
}

TEST(Layout, H038_NothingToLoad) {
  Project project;
  project.file("readme.yaml", "a: 1\n");
  EXPECT_EQ(project.errors(), Texts{"no application found in " + project.root().generic_string() +
                                    ": expected wippy.lock, src/ or _index.yaml"});
  project.options.root = project.root() / "gone";
  EXPECT_EQ(project.errors(), Texts{"no such directory: " + (project.root() / "gone").generic_string()});
}

TEST(Layout, FileValuesAnywhere) {
  Project project;
  project.file(
      "src/_index.yaml",
      "namespace: app\nentries:\n  - name: t\n    kind: terminal.host\n    meta: {notes: [{text: 'file://n.txt'}]}\n");
  project.file("src/n.txt", "hello \xff");
  EXPECT_EQ(project.good().find({"app", "t"})->meta.find("notes")->items[0].find("text")->text, "hello \xff");
  std::filesystem::remove(project.root() / "src/n.txt");
  EXPECT_EQ(project.errors(),
            Texts{"src/_index.yaml:5:27: entry app:t: meta.notes[0].text: file://n.txt: src/n.txt does not exist"});
}

TEST(Layout, SymlinkedIndexFileOutsideIsRefused) {
  Project project;
  project.file("elsewhere.yaml", kOneHost).file("src/a.yaml", "namespace: b\nentries: []\n");
  std::filesystem::create_symlink("../elsewhere.yaml", project.root() / "src/l.yaml");
  EXPECT_EQ(project.errors(), Texts{"src/l.yaml: the index file is a symlink that leads outside the source root, to " +
                                    (project.root() / "elsewhere.yaml").generic_string()});
}

}  // namespace
}  // namespace wippy::app
