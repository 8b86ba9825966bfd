// Configuration files, profiles, flags, overrides and disabled entries (host.md §1.11, §1.12).
#include <gtest/gtest.h>

#include "runtime/app/overrides.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::test {
namespace {

constexpr const char* kIndex =
    "version: '1.0'\n"
    "namespace: app\n"
    "entries:\n"
    "  - name: processes\n"
    "    kind: process.host\n"
    "    host: {workers: 2}\n"
    "  - {name: it, kind: process.lua, source: 'return {}', method: main}\n";

const app::ProcessHostConfig& host_of(const app::Application& app) {
  return *app.find({"app", "processes"})->config_as<app::ProcessHostConfig>();
}

TEST(Overrides, H040_FlagChangesTheWorkerCount) {
  Project project;
  project.file("src/_index.yaml", kIndex);
  EXPECT_EQ(host_of(project.good()).workers, 2);
  project.options.overrides = {"app:processes:host.workers=3"};
  EXPECT_EQ(host_of(project.good()).workers, 3);
}

TEST(Overrides, H041_ConfigKeepsTypesAndTheFlagCoerces) {
  Project project;
  project.file("src/_index.yaml", kIndex)
      .file(".wippy.yaml",
            "version: '1.0'\noverride:\n  app:processes:host.workers: 5\n  app:it:meta.tags.list: ['1', 2]\n"
            "  app:it:data.method: other\n");
  project.options.overrides = {"app:it:meta.a=true", "app:it:meta.b=7", "app:it:meta.c=1.5",
                               "app:it:meta.d=True", "app:it:meta.e=",  "app:processes:host.workers=6"};
  const app::Application app = project.good();
  EXPECT_EQ(host_of(app).workers, 6);  // the command line beats the file
  const app::Entry& it = *app.find({"app", "it"});
  EXPECT_EQ(it.config_as<app::ProcessLuaConfig>()->method, "other");
  EXPECT_EQ(it.meta.find("a")->type, app::NodeType::kBool);
  EXPECT_EQ(it.meta.find("b")->integer, 7);
  EXPECT_EQ(it.meta.find("c")->type, app::NodeType::kFloat);
  EXPECT_EQ(it.meta.find("d")->type, app::NodeType::kString);
  EXPECT_EQ(it.meta.find("e")->type, app::NodeType::kString);
  const app::Node& list = *it.meta.find("tags")->find("list");
  EXPECT_EQ(list.items[0].type, app::NodeType::kString);
  EXPECT_EQ(list.items[1].type, app::NodeType::kInt);
}

TEST(Overrides, H042_UnknownEntriesAndBadPaths) {
  Project project;
  project.file("src/_index.yaml", kIndex)
      .file(".wippy.yaml", "version: '1.0'\noverride:\n  app:its:method: x\n  app:it:method.deep: x\n  nonsense: 1\n");
  project.options.overrides = {"app:x:method=m", "app:it:method"};
  EXPECT_EQ(project.errors(),
            (Texts{"-o app:it:method: override: expected namespace:entry:path=value",
                   "-o app:x:method: override: no entry found for app:x",
                   ".wippy.yaml:3:3: override: no entry found for app:its; did you mean \"app:it\"?",
                   ".wippy.yaml:4:3: override: app:it:method.deep: leads through a value: method is text \"main\"",
                   ".wippy.yaml:5:3: override: expected namespace:entry:path, got \"nonsense\""}));
}

TEST(Overrides, H023_AWrongValueNamesWhoWroteIt) {
  Project project;
  project.file("src/_index.yaml", kIndex);
  project.options.overrides = {"app:processes:host.workers=many"};
  EXPECT_EQ(project.errors(),
            (Texts{"src/_index.yaml:6:21: entry app:processes (overridden by -o app:processes:host.workers): "
                   "host.workers: expected an integer, got text \"many\""}));
}

TEST(Overrides, H043_TheKindChangesBeforeHandlersRun) {
  Project project;
  project.file("src/_index.yaml", kIndex);
  project.options.overrides = {"app:it:kind=proces.lua"};
  ASSERT_EQ(project.errors().size(), 1U);
  EXPECT_NE(project.errors()[0].find("unknown kind \"proces.lua\""), std::string::npos);
  project.options.overrides = {"app:processes:kind=terminal.host", "app:processes:data="};
  EXPECT_EQ(project.errors().size(), 1U);  // data that is no map
}

TEST(Disable, H044_DisabledEntriesDoNotExist) {
  Project project;
  project.file("src/_index.yaml", kIndex)
      .file("src/demo.yaml",
            "namespace: app.demo.deep\nentries:\n  - {name: s, kind: process.service, process: 'app:it', host: "
            "'app:processes', lifecycle: {auto_start: true}}\n")
      .file(".wippy.yaml", "version: '1.0'\ndisable: {namespaces: ['app.demo.**']}\n");
  EXPECT_EQ(project.good().find({"app.demo.deep", "s"}), nullptr);
  project.file(".wippy.yaml", "version: '1.0'\ndisable: {entries: ['app:i(t|s)']}\n");
  EXPECT_EQ(project.errors(), (Texts{"src/demo.yaml:3:47: entry app.demo.deep:s: process: no entry app:it (disabled "
                                     "by config)"}));
}

TEST(Disable, H044_Patterns) {
  const auto matches = app::matches_pattern;
  EXPECT_TRUE(matches("app.*", "app.x"));
  EXPECT_FALSE(matches("app.*", "app"));
  EXPECT_FALSE(matches("app.*", "app.x.y"));
  EXPECT_TRUE(matches("app.**", "app"));
  EXPECT_TRUE(matches("app.**", "app.x.y"));
  EXPECT_FALSE(matches("app.**", "application.x"));
  EXPECT_TRUE(matches("**.test", "a.b.test"));
  EXPECT_TRUE(matches("app.(a|b)", "app.b"));
  EXPECT_FALSE(matches("app.(a|b)", "app.c"));
  EXPECT_TRUE(matches("app:*", "app:it"));
  EXPECT_TRUE(matches("**:work(er|ers)", "a.b:workers"));
}

TEST(Settings, LaterFilesThenProfilesThenSets) {
  Project project;
  project.file("src/_index.yaml", kIndex)
      .file("one.yaml",
            "version: '1.0'\nvars: {name: first}\nrelay: {node_name: '${name}'}\nshutdown: {timeout: 5s}\n"
            "profiles:\n  dev: {shutdown: {timeout: 7s}}\n  other: {relay: {node_name: '${env:GONE}'}}\n")
      .file("two.yaml", "version: '1.0'\nvars: {name: second}\nlogmanager: {min_level: 1}\n");
  project.options.config_files = {"one.yaml", "two.yaml"};
  app::Settings settings = project.good().settings;
  EXPECT_EQ(settings.node_name, "second");
  EXPECT_EQ(settings.shutdown_timeout_ns, 5'000'000'000);
  EXPECT_EQ(settings.min_level, 1);
  project.options.profiles = {"dev"};
  EXPECT_EQ(project.good().settings.shutdown_timeout_ns, 7'000'000'000);
  project.options.sets = {"shutdown.timeout=9s", "override.app:processes:host.workers=4", "logmanager.min_level=2"};
  const app::Application app = project.good();
  EXPECT_EQ(app.settings.shutdown_timeout_ns, 9'000'000'000);
  EXPECT_EQ(app.settings.min_level, 2);
  EXPECT_EQ(app.settings.node_name, "second");
  EXPECT_EQ(host_of(app).workers, 4);
}

TEST(Settings, ProblemsNameTheirSource) {
  Project project;
  project.file("src/_index.yaml", kIndex)
      .file(".wippy.yaml", "version: '1.0'\nprofiles:\n  dev: {logger: {encoding: xml}}\n");
  project.options.profiles = {"dev", "devel"};
  project.options.sets = {"shutdown.timeout=soon", "nonsense"};
  const Texts errors = project.errors();
  ASSERT_EQ(errors.size(), 4U);
  EXPECT_NE(errors[0].find("--profile devel: profiles: no such profile"), std::string::npos) << errors[0];
  EXPECT_EQ(errors[1], "--set nonsense: expected section.path=value");
  EXPECT_NE(errors[2].find("--set shutdown.timeout: shutdown.timeout: "), std::string::npos) << errors[2];
  EXPECT_NE(errors[3].find(".wippy.yaml:3:28: profiles.dev.logger.encoding: "), std::string::npos) << errors[3];
  project.options.config_files = {"gone.yaml"};
  EXPECT_EQ(project.errors().back(), "gone.yaml: no such file");
}

}  // namespace
}  // namespace wippy::test
