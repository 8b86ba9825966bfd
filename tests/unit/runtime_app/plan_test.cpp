// References, host selection, services, boot order: host.md §1.8, §1.9, §4.6, §4.9.
#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

using test::Project;
using test::Texts;

Project& entries(Project& project, const std::string& space, const Texts& lines) {
  std::string text = "namespace: " + space + "\nentries:\n";
  for (const std::string& line : lines) text += "  - {" + line + "}\n";
  return project.file("src/" + space + ".yaml", text);
}

const char* const kHost = "name: h, kind: process.host";
const char* const kProcess = "name: p, kind: process.lua, source: x";

std::string order(const Application& app) {
  std::string out;
  for (const EntryId& id : app.boot_order) out += (out.empty() ? "" : " ") + id.text();
  return out;
}

TEST(References, H016_H029_H030_H031_BareNamesAndAnyOrder) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: p, host: h, lifecycle: {auto_start: true, requires: [t], "
           "depends_on: [h, t]}",
           kHost, kProcess, "name: t, kind: terminal.host"});
  const Application app = project.good();
  const ServicePlan& service = app.services.at({"a", "s"});
  EXPECT_EQ(service.process.text(), "a:p");
  EXPECT_EQ(service.host.text(), "a:h");
  EXPECT_EQ(service.lifecycle.requires_ids, (std::vector<EntryId>{{"a", "h"}, {"a", "t"}}));  // H156: merged
  EXPECT_EQ(order(app), "a:h a:t a:s");  // H157: both are started for it
}

TEST(References, H032_H033_H159_Dangling) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: pp, host: 'b:h', lifecycle: {auto_start: true, requires: [gone]}",
           kProcess, "name: q, kind: process.lua, source: x, host: nowhere, lifecycle: {auto_start: true}"});
  EXPECT_EQ(project.errors(),
            (Texts{"src/a.yaml:3:47: entry a:s: process: no entry a:pp (written \"pp\"); did you mean \"a:p\"?",
                   "src/a.yaml:3:57: entry a:s: host: no entry b:h",
                   "src/a.yaml:3:105: entry a:s: lifecycle.requires[0]: service startup blocked by missing "
                   "dependencies: a:s requires a:gone (written \"gone\")",
                   "src/a.yaml:5:51: entry a:q: host: no entry a:nowhere (written \"nowhere\")"}));
}

TEST(References, DanglingIsAWarningWhereNothingStarts) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: 'zz:nothing', host: h", kHost,
           "name: p, kind: process.lua, source: x, meta: {default_host: 'other:place'}"});
  EXPECT_TRUE(project.errors().empty());
  EXPECT_EQ(project.warnings(), (Texts{"src/a.yaml:3:47: entry a:s: process: no entry zz:nothing",
                                       "src/a.yaml:5:66: entry a:p: meta.default_host: no entry other:place"}));
}

TEST(References, DanglingIsAnErrorWhenSomethingNeedsTheService) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: 'zz:nothing', host: h", "name: h, kind: process.host",
           "name: t, kind: terminal.host, lifecycle: {auto_start: true, requires: [s]}"});
  EXPECT_EQ(project.errors(), Texts{"src/a.yaml:3:47: entry a:s: process: no entry zz:nothing"});
}

TEST(References, H034_WrongKinds) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: h, host: p", kHost, kProcess,
           "name: t, kind: terminal.host, lifecycle: {requires: [p]}"});
  EXPECT_EQ(project.errors(), (Texts{"src/a.yaml:3:47: entry a:s: process: a:h (written \"h\") is a process.host, "
                                     "expected process.lua or another process.* kind",
                                     "src/a.yaml:3:56: entry a:s: host: a:p (written \"p\") is a process.lua, expected "
                                     "process.host or terminal.host",
                                     "src/a.yaml:6:59: entry a:t: lifecycle.requires[0]: a:p (written \"p\") is a "
                                     "process.lua without lifecycle.auto_start and therefore no service"}));
}

TEST(References, BrokenTargetsAreNotReportedTwice) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: p, host: h, lifecycle: {auto_start: true}", "name: p",
           "name: h, kind: process.hosts"});
  EXPECT_EQ(
      project.errors(),
      (Texts{"src/a.yaml:4:5: entry a:p: kind: kind is missing (entries[1])",
             "src/a.yaml:5:21: entry a:h: kind: unknown kind \"process.hosts\"; did you mean \"process.host\"?"}));
}

TEST(References, H179_ControlHostIsInternal) {
  Project project;
  entries(project, "a", {"name: s, kind: process.service, process: p, host: 'node:control'", kProcess});
  EXPECT_EQ(project.errors(),
            Texts{"src/a.yaml:3:56: entry a:s: host: node:control is the internal control host and cannot be used"});
}

std::string chosen_host(Project& project, const EntryId& id) { return project.good().services.at(id).host.text(); }

TEST(HostSelection, H172_H174_FirstMatchWins) {
  const std::string start = "lifecycle: {auto_start: true}";
  const std::string process = "name: p, kind: process.lua, source: x, ";
  {
    Project project;  // rule 3: the only one, wherever it is
    entries(project, "elsewhere", {kHost});
    entries(project, "app.sub", {process + start});
    EXPECT_EQ(chosen_host(project, {"app.sub", "p"}), "elsewhere:h");
  }
  Project project;
  entries(project, "app", {kHost});
  entries(project, "other", {"name: h1, kind: process.host", "name: h2, kind: process.host"});
  entries(project, "app.sub.deep", {process + start});
  EXPECT_EQ(chosen_host(project, {"app.sub.deep", "p"}), "app:h");  // rule 4: an ancestor
  entries(project, "app.sub.deep", {process + start, kHost});
  EXPECT_EQ(chosen_host(project, {"app.sub.deep", "p"}), "app.sub.deep:h");
  entries(project, "app.sub.deep", {process + start + ", meta: {default_host: 'other:h1'}"});
  EXPECT_EQ(chosen_host(project, {"app.sub.deep", "p"}), "other:h1");
  entries(project, "app.sub.deep",
          {process + start + ", meta: {default_host: 'other:h1', options: {default_host: 'other:h2'}}"});
  EXPECT_EQ(chosen_host(project, {"app.sub.deep", "p"}), "other:h2");
  entries(project, "app.sub.deep", {process + start + ", host: 'app:h', meta: {default_host: 'other:h1'}"});
  EXPECT_EQ(chosen_host(project, {"app.sub.deep", "p"}), "app:h");
}

TEST(HostSelection, H173_Undecided) {
  Project project;
  entries(project, "app",
          {"name: b, kind: process.host", "name: a, kind: process.host", "name: t, kind: terminal.host"});
  entries(project, "app.supervisor", {"name: pool, kind: process.lua, source: x, lifecycle: {auto_start: true}"});
  EXPECT_EQ(project.errors(), Texts{"src/app.supervisor.yaml:3:72: entry app.supervisor:pool: lifecycle.auto_start: "
                                    "app.supervisor:pool has lifecycle.auto_start but no host; candidates: app:a, "
                                    "app:b; choose one with `host:`"});
  entries(project, "app", {"name: t, kind: terminal.host"});
  EXPECT_EQ(project.errors(), Texts{"src/app.supervisor.yaml:3:72: entry app.supervisor:pool: lifecycle.auto_start: "
                                    "app.supervisor:pool has lifecycle.auto_start but no host; candidates: none; add "
                                    "an entry of kind process.host"});
}

TEST(Boot, H141_H160_OnlyWhatIsNeeded) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: p, host: h, lifecycle: {auto_start: true}", kHost, kProcess,
           "name: idle, kind: process.host", "name: off, kind: process.service, process: p, host: idle"});
  const Application app = project.good();
  EXPECT_EQ(order(app), "a:h a:s");
  EXPECT_EQ(app.services.size(), 4U);
  EXPECT_EQ(app.hosts, (std::vector<EntryId>{{"a", "h"}, {"a", "idle"}}));
  EXPECT_EQ(app.processes, (std::vector<EntryId>{{"a", "p"}}));
}

TEST(Boot, DeterministicOrder) {
  Project project;
  entries(project, "a",
          {"name: z, kind: process.host, lifecycle: {auto_start: true}",
           "name: b, kind: process.host, lifecycle: {auto_start: true, requires: [z]}",
           "name: c, kind: process.host, lifecycle: {auto_start: true}",
           "name: a, kind: process.host, lifecycle: {auto_start: true, depends_on: b}"});
  EXPECT_EQ(order(project.good()), "a:c a:z a:b a:a");
}

TEST(Boot, NeedsAreFollowedThroughProcessEntries) {
  Project project;
  entries(project, "a",
          {"name: s, kind: process.service, process: p, host: h, lifecycle: {auto_start: true}", kHost,
           "name: p, kind: process.lua, source: x, lifecycle: {requires: [extra]}", "name: extra, kind: process.host"});
  EXPECT_EQ(order(project.good()), "a:extra a:h a:s");
}

TEST(Boot, H158_CyclesAreNamedInFull) {
  Project project;
  entries(project, "a",
          {"name: x, kind: process.host, lifecycle: {requires: [y]}",
           "name: y, kind: process.host, lifecycle: {requires: [z]}",
           "name: z, kind: process.host, lifecycle: {auto_start: true, depends_on: [x]}",
           "name: user, kind: terminal.host, lifecycle: {requires: [x]}",
           "name: self, kind: terminal.host, lifecycle: {requires: [self]}"});
  EXPECT_EQ(project.errors(), (Texts{"src/a.yaml:3:5: entry a:x: requires cycle: a:x -> a:y -> a:z -> a:x",
                                     "src/a.yaml:7:5: entry a:self: requires cycle: a:self -> a:self"}));
}

TEST(Boot, CycleThroughAnImpliedHost) {
  Project project;
  entries(project, "a",
          {"name: h, kind: process.host, lifecycle: {auto_start: true, requires: [s]}", kProcess,
           "name: s, kind: process.service, process: p, host: h"});
  EXPECT_EQ(project.errors(), Texts{"src/a.yaml:3:5: entry a:h: requires cycle: a:h -> a:s -> a:h"});
}

TEST(Boot, LongChainsDoNotRecurse) {
  Project project;
  Texts lines;
  for (int i = 0; i < 3000; ++i) {
    lines.push_back("name: h" + std::to_string(i) + ", kind: process.host, lifecycle: {auto_start: true" +
                    (i + 1 < 3000 ? ", requires: [h" + std::to_string(i + 1) + "]}" : "}"));
  }
  entries(project, "a", lines);
  EXPECT_EQ(project.good().boot_order.front().text(), "a:h2999");
}

TEST(Boot, OneServicePerTerminal) {
  Project project;
  const Texts lines{"name: t, kind: terminal.host", kProcess,
                    "name: s1, kind: process.service, process: p, host: t, lifecycle: {auto_start: true}",
                    "name: s2, kind: process.service, process: p, host: t, lifecycle: {auto_start: true}"};
  entries(project, "a", lines);
  EXPECT_EQ(project.errors(), Texts{"src/a.yaml:6:5: entry a:s2: host: terminal host a:t runs one process, but two "
                                    "services start on it: a:s1 and a:s2"});
  entries(project, "a", {lines[0], lines[1], lines[2]});
  EXPECT_EQ(order(project.good()), "a:t a:s1");
}

TEST(Boot, H276_StartOrderOfOneService) {
  Project project;
  entries(project, "a", {"name: t, kind: terminal.host, lifecycle: {requires: [h]}", kHost});
  const Application app = project.good();
  EXPECT_TRUE(app.boot_order.empty());
  EXPECT_EQ(start_order(app, {{"a", "t"}, {"a", "unknown"}}), (std::vector<EntryId>{{"a", "h"}, {"a", "t"}}));
}

TEST(Commands, SortedByName) {
  Project project;
  entries(project, "a",
          {"name: p, kind: process.lua, source: x, meta: {command: {name: zeta}}",
           "name: q, kind: process.lua, source: x, meta: {command: {name: alpha, short: A}}",
           "name: b, kind: process.lua, source: x, meta: {command: {name: zeta}}"});
  const Application app = project.good();
  ASSERT_EQ(app.commands.size(), 3U);
  EXPECT_EQ(app.commands[0].command.name, "alpha");
  EXPECT_EQ(app.commands[1].id.text(), "a:b");
  EXPECT_EQ(app.commands[2].id.text(), "a:p");
}

}  // namespace
}  // namespace wippy::app
