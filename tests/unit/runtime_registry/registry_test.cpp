// libs: wippy_runtime_registry
#include "runtime/registry/registry.hpp"
#include "runtime/text/wildcard.hpp"

#include <gtest/gtest.h>

#include "runtime/registry/criteria.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::registry {
namespace {

using app::EntryId;

// What it was told, and refuses what it is asked to.
struct Recorder final : Handler {
  bool prepare(const Transaction& t, std::string& error) override {
    told += "prepare " + std::to_string(t.changes.size()) + ";";
    if (refuse) error = "not now";
    return !refuse;
  }
  void commit(const Transaction& t) noexcept override { told += "commit " + std::to_string(t.version) + ";"; }
  void rollback(const Transaction&) noexcept override { told += "rollback;"; }
  std::string told;
  bool refuse = false;
};

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    project.file("src/_index.yaml",
                 "version: '1.0'\nnamespace: app\nentries:\n"
                 "  - {name: one, kind: registry.entry, meta: {type: color}, value: 1}\n"
                 "  - {name: lib, kind: library.lua, source: 'return 1'}\n"
                 "  - {name: work, kind: process.lua, source: 'return 1', imports: {lib: lib}}\n"
                 "  - {name: host, kind: process.host, lifecycle: {auto_start: true}}\n");
    app = project.good();
    registry = std::make_unique<Registry>(app, app::LoadOptions{});
    registry->add_handler("library.lua", first);
    registry->add_handler("library.lua", second);
  }
  static Operation operation(OperationType type, const std::string& name, const std::string& kind = "registry.entry",
                             const std::string& source = "") {
    Operation o;
    o.type = type;
    o.entry.id = {"app", name};
    o.entry.kind = kind;
    o.entry.meta.type = app::NodeType::kMap;
    o.entry.data.type = app::NodeType::kMap;
    if (source.empty()) return o;
    app::Member member;
    member.key = "source";
    member.value.type = app::NodeType::kString;
    member.value.text = source;
    o.entry.data.members.push_back(member);
    return o;
  }
  Outcome apply(std::vector<Operation> operations) { return registry->apply(std::move(operations)); }

  test::Project project;
  app::Application app;
  Recorder first;
  Recorder second;
  std::unique_ptr<Registry> registry;
};

TEST_F(RegistryTest, H290_AnEmptyChangeSetIsInvalid) {
  const Outcome out = apply({});
  EXPECT_EQ(out.status.kind, ErrorKind::kInvalid);
  EXPECT_EQ(out.text, "no changes to apply");
}

TEST_F(RegistryTest, H291_OneFailingOperationRollsBackAll) {
  const StatePtr before = registry->state();
  EXPECT_EQ(apply({operation(OperationType::kCreate, "two"), operation(OperationType::kDelete, "none")}).status.kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(apply({operation(OperationType::kCreate, "one")}).status.kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(registry->state(), before);
}

TEST_F(RegistryTest, H291_HandlersThatHadPreparedRollBack) {
  second.refuse = true;
  const StatePtr before = registry->state();
  const Outcome out = apply({operation(OperationType::kUpdate, "lib", "library.lua", "return 2")});
  EXPECT_EQ(out.text, "not now");
  EXPECT_EQ(first.told, "prepare 1;rollback;");
  EXPECT_EQ(second.told, "prepare 1;");
  EXPECT_EQ(registry->state(), before);
  second.refuse = false;
  EXPECT_TRUE(apply({operation(OperationType::kUpdate, "lib", "library.lua", "return 2")}).status.ok());
  EXPECT_EQ(first.told, "prepare 1;rollback;prepare 1;commit 1;");
}

TEST_F(RegistryTest, H291_ReferencesMustHoldAfterwards) {
  const Outcome out = apply({operation(OperationType::kDelete, "lib")});
  EXPECT_EQ(out.status.kind, ErrorKind::kInvalid);
  EXPECT_NE(out.text.find("entry app:work: imports.lib: no entry app:lib"), std::string::npos) << out.text;
}

TEST_F(RegistryTest, H292_VersionsGrowByOneAndComeBack) {
  std::vector<uint64_t> told;
  registry->on_commit([&](const Transaction& t) { told.push_back(t.version); });
  EXPECT_EQ(apply({operation(OperationType::kCreate, "two")}).version, 1u);
  EXPECT_EQ(apply({operation(OperationType::kDelete, "one")}).version, 2u);
  EXPECT_EQ(registry->apply_version(1).version, 1u);
  EXPECT_NE(registry->state()->find({"app", "one"}), nullptr);
  EXPECT_EQ(registry->state()->version, 1u);
  const Outcome next = apply({operation(OperationType::kCreate, "three")});
  EXPECT_EQ(next.version, 3u);
  EXPECT_EQ(registry->state()->previous, 1u);
  EXPECT_EQ(registry->apply_version(9).status.kind, ErrorKind::kNotFound);
  EXPECT_EQ(told, (std::vector<uint64_t>{1, 2, 1, 3}));
  EXPECT_EQ(registry->versions().size(), 4u);
}

TEST_F(RegistryTest, H293_TheKindCannotChangeByAnUpdate) {
  const Outcome out = apply({operation(OperationType::kUpdate, "one", "library.lua", "return 1")});
  EXPECT_EQ(out.status.kind, ErrorKind::kInvalid);
  EXPECT_EQ(out.text, "the kind of app:one cannot change from registry.entry to library.lua: delete and create it");
  EXPECT_TRUE(apply({operation(OperationType::kDelete, "one"),
                     operation(OperationType::kCreate, "one", "library.lua", "return 1")})
                  .status.ok());
}

TEST_F(RegistryTest, H291_KindsWithoutAHandlerCannotChange) {
  const Outcome out = apply({operation(OperationType::kDelete, "work")});
  EXPECT_EQ(out.text, "app:work: entries of kind process.lua cannot be changed while the application runs");
}

TEST_F(RegistryTest, OldVersionsAreForgottenButNotTheLoadedOne) {
  for (std::size_t i = 0; i < kMostVersions + 10; ++i)
    ASSERT_TRUE(apply({operation(OperationType::kUpdate, "one")}).status.ok());
  EXPECT_EQ(registry->versions().size(), kMostVersions);
  EXPECT_NE(registry->version(0), nullptr);
  EXPECT_EQ(registry->version(1), nullptr);
}

TEST_F(RegistryTest, H296_CriteriaOfEveryForm) {
  const auto matches = [&](const std::string& key, const std::string& text) {
    app::Node map;
    map.type = app::NodeType::kMap;
    app::Member& m = map.members.emplace_back();
    m.key = key;
    m.value.type = app::NodeType::kString;
    m.value.text = text;
    Criteria criteria;
    std::vector<std::string> ignored;
    std::string error;
    EXPECT_TRUE(criteria.parse(map, ignored, error)) << error;
    std::string out;
    for (const auto& [id, entry] : registry->state()->entries) out += criteria.match(*entry) ? id.name + " " : "";
    return out + (ignored.empty() ? "" : "ignored");
  };
  EXPECT_EQ(matches(".kind", "process.*"), "host work ");
  EXPECT_EQ(matches(".id", "app:l*b"), "lib ");
  EXPECT_EQ(matches("meta.type", "color"), "one ");
  EXPECT_EQ(matches("meta.type", "col"), "");
  EXPECT_EQ(matches("~meta.type", "^c.l"), "one ");
  EXPECT_EQ(matches("*meta.type", "olo"), "one ");
  EXPECT_EQ(matches("^meta.type", "col"), "one ");
  EXPECT_EQ(matches("$meta.type", "lor"), "one ");
  EXPECT_EQ(matches("kind", "x"), "host lib one work ignored");
}

TEST(Glob, StarsAnywhere) {
  EXPECT_TRUE(Wildcard("a*c*").matches("abbcd"));
  EXPECT_TRUE(Wildcard("*").matches(""));
  EXPECT_TRUE(Wildcard("**b").matches("aab"));
  EXPECT_FALSE(Wildcard("a*c").matches("abcd"));
  EXPECT_FALSE(Wildcard("").matches("a"));
}

}  // namespace
}  // namespace wippy::registry
