// security.policy, and what names policies: host.md §2.10, §3.5, §4.2, §5.5.
#include <gtest/gtest.h>

#include "tests/unit/runtime_app/project.hpp"

namespace wippy::app {
namespace {

using test::Project;
using test::Texts;

// The policy `app:p`, and a group `app:g` it is in.
Project& policy(Project& project, const std::string& body) {
  return project.file(
      "src/_index.yaml",
      "namespace: app\nentries:\n  - {name: p, kind: security.policy, groups: [g], policy: {" + body + "}}\n");
}
Texts problems(const std::string& body) {
  Project project;
  Texts out;
  for (const std::string& text : policy(project, body).errors()) out.push_back(text.substr(text.find("policy")));
  return out;
}
std::string rule(const std::string& conditions) {
  return "actions: a, resources: r, effect: deny, conditions: [" + conditions + "]";
}
SecurityPolicyConfig parsed(const std::string& body) {
  Project project;
  const Application app = policy(project, body).good();
  return *app.find({"app", "p"})->config_as<SecurityPolicyConfig>();
}

TEST(SecurityPolicy, H210_OneActionOrAList) {
  EXPECT_EQ(parsed("actions: a, resources: r, effect: allow").actions, Texts{"a"});
  const SecurityPolicyConfig both = parsed("actions: [a, 'b.*'], resources: [r, s], effect: deny");
  EXPECT_EQ(both.actions, (Texts{"a", "b.*"}));
  EXPECT_EQ(both.resources, (Texts{"r", "s"}));
  EXPECT_TRUE(both.deny);
  EXPECT_EQ(problems("actions: [], resources: r, effect: deny"),
            Texts{"policy.actions: actions is required: a pattern or a list of patterns"});
  EXPECT_EQ(problems("actions: a, effect: deny"),
            Texts{"policy.resources: resources is required: a pattern or a list of patterns"});
}

TEST(SecurityPolicy, H211_EffectIsAllowOrDeny) {
  EXPECT_EQ(problems("actions: a, resources: r"), Texts{"policy.effect: effect is required: allow or deny"});
  EXPECT_EQ(problems("actions: a, resources: r, effect: forbid"),
            Texts{"policy.effect: expected allow or deny, got text \"forbid\""});
  Project project;
  EXPECT_NE(policy(project, "actions: a, resources: r").errors().at(0).find("entry app:p"), std::string::npos);
}

TEST(SecurityPolicy, H217_ConditionsAreCheckedWithTheirIndex) {
  EXPECT_EQ(problems(rule("{field: a, operator: eq, value: 1}, {field: a, operator: matches, value: '('}")),
            Texts{"policy.conditions[1].value: invalid regular expression: missing ): ("});
  EXPECT_EQ(problems(rule("{field: a, operator: like, value: x}")).size(), 1u);
  EXPECT_NE(problems(rule("{field: a, operator: like, value: x}")).at(0).find("conditions[0].operator"),
            std::string::npos);
  EXPECT_EQ(problems(rule("{operator: eq, value: x}")), Texts{"policy.conditions[0].field: field is required"});
  EXPECT_EQ(problems(rule("{field: a, value: x}")), Texts{"policy.conditions[0].operator: operator is required"});
  EXPECT_EQ(problems(rule("{field: a, operator: eq, value: x, value_from: b}")),
            Texts{"policy.conditions[0].value: value and value_from exclude each other"});
  EXPECT_EQ(problems(rule("{field: a, operator: eq}")),
            Texts{"policy.conditions[0].value: value or value_from is required"});
  EXPECT_EQ(problems(rule("{field: a, operator: in, value: 7}")),
            Texts{"policy.conditions[0].value: expected a list of plain values, got integer 7"});
  EXPECT_EQ(problems(rule("{field: actor.name, operator: eq, value: x}")).size(), 1u);
  EXPECT_EQ(problems(rule("{field: a, operator: exists}, {field: a, operator: nexists, value: false}")), Texts{});
}

TEST(SecurityPolicy, H220_BareGroupNamesBelongToTheNamespace) {
  Project project;
  project.file(
      "src/_index.yaml",
      "namespace: app\nentries:\n  - {name: p, kind: security.policy, groups: [g, 'other:g'], policy: {actions: a, "
      "resources: r, effect: deny}}\n");
  const Application app = project.good();
  EXPECT_EQ(app.find({"app", "p"})->config_as<SecurityPolicyConfig>()->groups,
            (std::vector<EntryId>{{"app", "g"}, {"other", "g"}}));
}

constexpr const char* kPolicy =
    "  - {name: p, kind: security.policy, groups: [g], policy: {actions: a, resources: r, effect: deny}}\n";
Texts errors_with(const std::string& entry, const std::string& settings = "") {
  Project project;
  project.file("src/_index.yaml", std::string("namespace: app\nentries:\n") + kPolicy + entry);
  if (!settings.empty()) project.file(".wippy.yaml", settings);
  return project.errors();
}

TEST(HostSecurity, H118_WhatTheBoundaryNamesMustBeThere) {
  EXPECT_EQ(errors_with("  - {name: x, kind: process.host, security: {policies: [p], groups: [g]}}\n"), Texts{});
  EXPECT_EQ(
      errors_with("  - {name: x, kind: process.host, security: {policies: [q]}}\n"),
      Texts{"src/_index.yaml:4:57: entry app:x: security.policies[0]: no entry app:q (written \"q\"); did you mean "
            "\"app:p\"?"});
  EXPECT_EQ(
      errors_with("  - {name: x, kind: process.host, security: {groups: [h]}}\n"),
      Texts{"src/_index.yaml:4:55: entry app:x: security.groups[0]: no policy is in the group app:h (written \"h\"); "
            "did you mean \"app:g\"?"});
  EXPECT_EQ(errors_with("  - {name: x, kind: terminal.host, security: {policies: [x]}}\n"),
            Texts{"src/_index.yaml:4:58: entry app:x: security.policies[0]: app:x (written \"x\") is a terminal.host, "
                  "expected security.policy"});
  EXPECT_EQ(errors_with("  - {name: x, kind: process.host, security: {defualt: deny}}\n").size(), 1u);
}

TEST(LifecycleSecurity, H177_UnresolvableGroupsDoNotLoad) {
  const std::string host = "  - {name: h, kind: process.host}\n";
  const auto process = [&](const std::string& security) {
    return errors_with(
        host + "  - {name: x, kind: process.lua, source: 'return {}', lifecycle: {auto_start: true, security: {" +
        security + "}}}\n");
  };
  EXPECT_EQ(process("actor: {id: a, meta: {r: 1}}, groups: [g], policies: ['app:p']"), Texts{});
  EXPECT_EQ(process("groups: [none]").size(), 1u);
  EXPECT_EQ(process("policies: [none]").size(), 1u);
  EXPECT_EQ(process("actor: {meta: {}}").size(), 1u);
}

TEST(Settings, H204_StrictModeAndTheContextsOfSystemAndCommand) {
  Project project;
  project.file("src/_index.yaml", std::string("namespace: app\nentries:\n") + kPolicy);
  project.file(
      ".wippy.yaml",
      "version: \"1.0\"\nsecurity: {strict_mode: true, system: {actor: {id: sys}, groups: ['app:g']}, cli: {policies: "
      "['app:p']}}\n");
  const Settings settings = project.good().settings;
  EXPECT_TRUE(settings.strict_mode);
  EXPECT_EQ(settings.system_security->actor->id, "sys");
  EXPECT_EQ(settings.cli_security->policies.size(), 1u);
  EXPECT_EQ(errors_with("", "version: \"1.0\"\nsecurity: {cli: {groups: ['app:none']}}\n"),
            Texts{".wippy.yaml:2:27: security.cli.groups[0]: no policy is in the group app:none"});
  EXPECT_EQ(errors_with("", "version: \"1.0\"\nsecurity: {strict: true}\n").size(), 1u);
}

TEST(SecurityKinds, H217_UnsupportedOnesNeverLoadInSilence) {
  for (const bool lenient : {false, true}) {
    Project project;
    project.options.allow_unknown_kinds = lenient;
    project.file("src/_index.yaml",
                 "namespace: app\nentries:\n  - {name: a, kind: security.policy.expr}\n  - {name: b, kind: "
                 "security.token_store}\n");
    EXPECT_EQ(project.errors().size(), 2u);
  }
}

}  // namespace
}  // namespace wippy::app
