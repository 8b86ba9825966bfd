// libs: wippy_runtime_security
// Patterns, conditions, scopes: host.md §5.3-5.5.
#include "runtime/security/policy.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

#include "mailbox/values.hpp"
#include "scheduler/clock.hpp"

namespace wippy::security {
namespace {

using app::ConditionConfig;
using app::ConditionField;
using app::FieldRoot;
using app::Node;
using app::NodeType;
using app::SecurityPolicyConfig;
using Op = app::ConditionOperator;

bool hits(std::string_view pattern, std::string_view text) { return Wildcard(pattern).matches(text); }

TEST(PatternTest, H207_H208_H209_StarsAndNothingElse) {
  EXPECT_TRUE(hits("*", ""));
  EXPECT_TRUE(hits("*", "anything"));
  EXPECT_TRUE(hits("process.*", "process.spawn"));
  EXPECT_TRUE(hits("process.*", "process.spawn.linked"));
  EXPECT_FALSE(hits("process.*", "processes"));
  EXPECT_FALSE(hits("process.*", "process"));
  EXPECT_TRUE(hits("process*", "processes"));
  EXPECT_TRUE(hits("*.read", "user.read"));
  EXPECT_FALSE(hits("*.read", "user.reads"));
  EXPECT_TRUE(hits("*x*", "axb"));
  EXPECT_FALSE(hits("*x*", "ab"));
  EXPECT_TRUE(hits("a*b*c", "abbc"));
  EXPECT_FALSE(hits("a*b*c", "acb"));
  EXPECT_FALSE(hits("ab*ba", "aba")) << "no character serves twice";
  EXPECT_TRUE(hits("a**b", "ab"));
  EXPECT_TRUE(hits("*a", "aa"));
  EXPECT_TRUE(hits("{app:sys|*", "{app:sys|0x0002f}"));
  EXPECT_FALSE(hits("{app:sys|*", "app:sys"));
  EXPECT_FALSE(hits("{app:sys|*", "{app:sys2|0x0002f}"));
  EXPECT_FALSE(hits("a?c", "abc"));
  EXPECT_FALSE(hits("[ab]", "a"));
  EXPECT_TRUE(hits("[ab]", "[ab]"));
  EXPECT_FALSE(hits("Read", "read"));
}

TEST(PatternTest, H209_ManyStarsTakeLinearTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*aaaaaaaaab";
  const std::string text(200'000, 'a');
  const uint64_t begin_ns = monotonic_ns();
  EXPECT_FALSE(hits(pattern, text));
  EXPECT_LT(monotonic_ns() - begin_ns, 1'000'000'000u);
}

// --- what conditions see

Node text(std::string_view value) {
  Node n;
  n.type = NodeType::kString;
  n.text = value;
  return n;
}
Node integer(int64_t value) {
  Node n;
  n.type = NodeType::kInt;
  n.integer = value;
  n.number = static_cast<double>(value);
  n.text = std::to_string(value);
  return n;
}
Node flag(bool value) {
  Node n;
  n.type = NodeType::kBool;
  n.boolean = value;
  return n;
}
Node list(std::initializer_list<Node> items) {
  Node n;
  n.type = NodeType::kList;
  n.items = items;
  return n;
}

// {role: "admin", level: 10, text_level: "9", tags: ["x", "y"], deep: {er: "found"}, on: true}
std::string meta_bytes() {
  ValueWriter w;
  w.begin_table(0);
  const auto key = [&w](std::string_view k) { w.string(k.data(), k.size()); };
  key("role"), key("admin");
  key("level"), w.integer(10);
  key("text_level"), key("9");
  key("tags"), w.begin_table(2), key("x"), key("y"), w.end_table();
  key("deep"), w.begin_table(0), key("er"), key("found"), w.end_table();
  key("on"), w.boolean(true);
  w.end_table();
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

struct Given final : Attributes {
  Fact find(std::string_view path) const noexcept override {
    Fact f;
    if (path != "owner") return f;
    f.type = Fact::Type::kText;
    f.text = "user:1";
    return f;
  }
};

constexpr FieldRoot kActorMeta = FieldRoot::kActorMeta;
ConditionConfig when(FieldRoot root, std::string path, Op op, std::optional<Node> value) {
  return {{root, std::move(path)}, op, std::move(value), std::nullopt};
}
bool holds(const ConditionConfig& config, std::string_view actor_id = "user:1") {
  const Actor actor(actor_id, meta_bytes());
  return Condition(config).judge({actor, "doc.read", "doc:7", Given()}) == Truth::kTrue;
}
bool meta(std::string path, Op op, std::optional<Node> value) {
  return holds(when(kActorMeta, std::move(path), op, value));
}

TEST(ConditionTest, H212_ActorId) {
  const ConditionConfig admin = when(FieldRoot::kActorId, "", Op::kEq, text("admin"));
  EXPECT_TRUE(holds(admin, "admin"));
  EXPECT_FALSE(holds(admin, "user:1"));
}

TEST(ConditionTest, H213_Operators) {
  EXPECT_TRUE(meta("role", Op::kIn, list({text("owner"), text("admin")})));
  EXPECT_FALSE(meta("role", Op::kIn, list({text("owner")})));
  EXPECT_TRUE(meta("role", Op::kNin, list({text("owner")})));
  EXPECT_TRUE(meta("role", Op::kIn, text("admin"))) << "a plain text: equality";
  EXPECT_TRUE(meta("level", Op::kIn, list({integer(1), text("10")})));
  EXPECT_TRUE(meta("role", Op::kContains, text("dmi")));
  EXPECT_TRUE(meta("tags", Op::kContains, text("y")));
  EXPECT_FALSE(meta("tags", Op::kContains, text("z")));
  EXPECT_TRUE(meta("tags", Op::kNcontains, text("z")));
  EXPECT_TRUE(meta("role", Op::kMatches, text("^a.*n$")));
  EXPECT_TRUE(meta("role", Op::kMatches, text("mi"))) << "a search";
  EXPECT_FALSE(meta("role", Op::kNmatches, text("mi")));
  EXPECT_TRUE(meta("level", Op::kGt, integer(9)));
  EXPECT_FALSE(meta("level", Op::kGt, integer(10)));
  EXPECT_TRUE(meta("level", Op::kGte, integer(10)));
  EXPECT_TRUE(meta("level", Op::kLte, integer(10)));
  EXPECT_TRUE(meta("role", Op::kLt, text("b"))) << "in order of texts";
  EXPECT_FALSE(meta("tags", Op::kLt, text("b"))) << "incomparable";
  EXPECT_FALSE(meta("tags", Op::kGte, text("b")));
  EXPECT_FALSE(meta("on", Op::kLt, text("z")));
  EXPECT_TRUE(meta("on", Op::kEq, flag(true)));
  EXPECT_TRUE(meta("on", Op::kNe, flag(false)));
  EXPECT_TRUE(meta("deep.er", Op::kEq, text("found")));
  EXPECT_FALSE(meta("deep.er.still", Op::kExists, std::nullopt));
  EXPECT_TRUE(meta("deep", Op::kExists, std::nullopt));
  EXPECT_TRUE(meta("none", Op::kExists, flag(false)));
  EXPECT_FALSE(meta("none", Op::kNexists, flag(false)));
}

TEST(ConditionTest, H214_ValueFromAnotherField) {
  ConditionConfig own = when(FieldRoot::kMeta, "owner", Op::kEq, std::nullopt);
  own.from = ConditionField{FieldRoot::kActorId, ""};
  EXPECT_TRUE(holds(own, "user:1"));
  EXPECT_FALSE(holds(own, "user:2"));
  own.from = ConditionField{kActorMeta, "none"};
  own.op = Op::kNe;
  EXPECT_FALSE(holds(own)) << "nothing to compare with";
}

TEST(ConditionTest, H215_NumericTextsAreNumbers) {
  EXPECT_TRUE(meta("level", Op::kEq, text("10.0")));
  EXPECT_TRUE(meta("text_level", Op::kLt, integer(10))) << "\"9\" < \"10\" as numbers only";
  EXPECT_TRUE(meta("text_level", Op::kLt, text("10")));
  EXPECT_TRUE(meta("text_level", Op::kEq, text("9.0")));
  EXPECT_FALSE(meta("text_level", Op::kEq, text("0x9")));
  EXPECT_FALSE(meta("text_level", Op::kEq, text(" 9")));
  EXPECT_FALSE(meta("role", Op::kEq, text("nan")));
}

TEST(ConditionTest, H216_WhatIsMissingMakesEverythingFalseButNexists) {
  for (const Op op : {Op::kEq, Op::kNe, Op::kLt, Op::kGt, Op::kLte, Op::kGte, Op::kIn, Op::kNin, Op::kContains,
                      Op::kNcontains, Op::kMatches, Op::kNmatches}) {
    EXPECT_FALSE(meta("none", op, text("x"))) << static_cast<int>(op);
  }
  EXPECT_FALSE(meta("none", Op::kExists, std::nullopt));
  EXPECT_TRUE(meta("none", Op::kNexists, std::nullopt));
}

// --- policies and scopes

PolicyPtr rule(std::string_view id, std::string action, std::string resource, bool deny,
               std::vector<ConditionConfig> conditions = {}) {
  SecurityPolicyConfig c;
  c.actions = {std::move(action)};
  c.resources = {std::move(resource)};
  c.deny = deny;
  c.conditions = std::move(conditions);
  return std::make_shared<const RulePolicy>(id, c);
}
Decision ask(const std::vector<PolicyPtr>& policies, std::string_view action = "doc.read") {
  return Scope(policies).evaluate(Actor("user:1", meta_bytes()), action, "doc:7");
}

TEST(PolicyTest, H218_ConditionsAreAnded) {
  const ConditionConfig yes = when(kActorMeta, "role", Op::kEq, text("admin"));
  const ConditionConfig no = when(kActorMeta, "role", Op::kEq, text("guest"));
  EXPECT_EQ(ask({rule("p", "*", "*", false, {yes, yes})}), Decision::kAllow);
  EXPECT_EQ(ask({rule("p", "*", "*", false, {yes, no})}), Decision::kUndefined);
  EXPECT_EQ(ask({rule("p", "*", "*", false, {no, yes})}), Decision::kUndefined);
}

TEST(PolicyTest, H213_AConditionWithoutMeaningLeavesThePolicyUndefined) {
  EXPECT_EQ(ask({rule("p", "*", "*", true, {when(kActorMeta, "tags", Op::kNmatches, text("x"))})}),
            Decision::kUndefined);
}

TEST(ScopeTest, H201_DenyBeatsAllowInAnyOrder) {
  const PolicyPtr allow = rule("b", "doc.*", "*", false);
  const PolicyPtr deny = rule("a", "doc.read", "doc:*", true);
  const PolicyPtr late = rule("c", "doc.read", "doc:*", true);
  EXPECT_EQ(ask({allow}), Decision::kAllow);
  EXPECT_EQ(ask({allow, deny}), Decision::kDeny);
  EXPECT_EQ(ask({late, allow}), Decision::kDeny);
  EXPECT_EQ(ask({deny}, "doc.write"), Decision::kUndefined);
}

TEST(ScopeTest, H222_H223_ScopesNeverChange) {
  const Scope empty;
  EXPECT_EQ(ask({}), Decision::kUndefined);
  const auto one = empty.with(rule("app:a", "*", "*", false));
  EXPECT_FALSE(empty.contains("app:a"));
  EXPECT_TRUE(one->contains("app:a"));
  EXPECT_EQ(one->with(rule("app:a", "*", "*", true))->policies().size(), 1u) << "the same id: replaced";
  EXPECT_EQ(one->without("app:b")->policies(), one->policies());
  EXPECT_TRUE(one->without("app:a")->policies().empty());
  EXPECT_TRUE(one->contains("app:a"));
}

TEST(FactTreeTest, H213_CyclesAndWhatIsNoTable) {
  ValueWriter w;
  const uint32_t root = w.begin_table(1);
  w.integer(5);
  w.string("me", 2);
  w.table_ref(root);
  w.end_table();
  ASSERT_TRUE(w.finish().ok());
  const FactTree tree(w.view());
  EXPECT_EQ(tree.find("me.me.me").table, tree.find("me").table);
  EXPECT_EQ(tree.find("me").table->items.at(0).integer, 5);
  EXPECT_EQ(FactTree("garbage").find("a").type, Fact::Type::kMissing);
  EXPECT_EQ(FactTree("").find("").type, Fact::Type::kMissing);
}

}  // namespace
}  // namespace wippy::security
