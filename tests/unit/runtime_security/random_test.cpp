// libs: wippy_runtime_security
// 100,000 random policies, in scopes of up to six, against an evaluator that shares no code with ours: actor × action ×
// resource × attributes.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "mailbox/values.hpp"
#include "runtime/security/policy.hpp"
#include "scheduler/random.hpp"

namespace wippy::security {
namespace {

using app::ConditionConfig;
using app::FieldRoot;
using app::SecurityPolicyConfig;
using Op = app::ConditionOperator;

// A world of whole numbers and small texts, so that things meet.
struct Person {
  std::string id;
  int level;  // -1: no such field
};
struct Case {
  Person who;
  std::string action, resource, tag;  // tag "": no such attribute
};

// --- the reference, from the text of the specification: at most 40 lines
bool glob(const std::string& p, const std::string& t, std::size_t i = 0, std::size_t j = 0) {
  if (i == p.size()) return j == t.size();
  if (p[i] == '*') return glob(p, t, i + 1, j) || (j < t.size() && glob(p, t, i, j + 1));
  return j < t.size() && p[i] == t[j] && glob(p, t, i + 1, j + 1);
}
bool condition(const ConditionConfig& c, const Case& k) {
  const std::string level = k.who.level < 0 ? "" : std::to_string(k.who.level);
  const std::map<FieldRoot, std::string> fields{{FieldRoot::kActorId, k.who.id},
                                                {FieldRoot::kActorMeta, level},
                                                {FieldRoot::kAction, k.action},
                                                {FieldRoot::kResource, k.resource},
                                                {FieldRoot::kMeta, k.tag}};
  const std::string& have = fields.at(c.field.root);
  if (c.op == Op::kExists || c.op == Op::kNexists) return have.empty() == (c.op == Op::kNexists);
  if (have.empty()) return false;
  const std::string& want = c.value->text;
  if (c.op == Op::kContains || c.op == Op::kNcontains)
    return (have.find(want) != std::string::npos) == (c.op == Op::kContains);
  const auto number = [](const std::string& s) { return s.find_first_not_of("0123456789") == std::string::npos; };
  const int order = number(have) && number(want) ? std::stoi(have) - std::stoi(want) : have.compare(want);
  if (c.op == Op::kEq || c.op == Op::kNe) return (order == 0) == (c.op == Op::kEq);
  return c.op == Op::kLt ? order < 0 : order >= 0;
}
Decision reference(const std::vector<SecurityPolicyConfig>& policies, const Case& k) {
  Decision d = Decision::kUndefined;
  for (const SecurityPolicyConfig& p : policies) {
    bool action = false, resource = false, all = true;
    for (const std::string& a : p.actions) action = action || glob(a, k.action);
    for (const std::string& r : p.resources) resource = resource || glob(r, k.resource);
    for (const ConditionConfig& c : p.conditions) all = all && condition(c, k);
    if (action && resource && all && (p.deny || d == Decision::kUndefined))
      d = p.deny ? Decision::kDeny : Decision::kAllow;
  }
  return d;
}

// --- the generator
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_.below(static_cast<uint32_t>(n)); }
  template <class T>
  const T& one_of(const std::vector<T>& v) {
    return v[below(v.size())];
  }

  SecurityPolicyConfig policy() {
    static const std::vector<std::string> actions{"*",   "a.*",   "a.b", "b*",   "*.b", "a",
                                                  "*b*", "a.*.c", "**",  "{a|*", "a*b"};
    static const std::vector<std::string> resources{"*",    "x",       "x:*", "{h|*", "*1",
                                                    "x:*1", "{h|0x1}", "*:*", "?",    "[x]"};
    SecurityPolicyConfig p;
    for (std::size_t i = 0; i <= below(2); ++i) p.actions.push_back(one_of(actions));
    for (std::size_t i = 0; i <= below(2); ++i) p.resources.push_back(one_of(resources));
    p.deny = below(3) == 0;
    for (std::size_t n = below(3); n > 0; --n) p.conditions.push_back(condition());
    return p;
  }
  ConditionConfig condition() {
    static const std::vector<Op> ops{Op::kEq,       Op::kNe,        Op::kLt,     Op::kGte,
                                     Op::kContains, Op::kNcontains, Op::kExists, Op::kNexists};
    static const std::vector<std::string> values{"u", "root", "1", "2", "10", "9", "a.b", "x", "t"};
    ConditionConfig c;
    c.field.root = static_cast<FieldRoot>(below(5));
    c.field.path = c.field.root == FieldRoot::kActorMeta ? "level" : c.field.root == FieldRoot::kMeta ? "tag" : "";
    c.op = one_of(ops);
    if (c.op == Op::kExists || c.op == Op::kNexists) return c;
    app::Node n;
    n.text = one_of(values);
    n.type = app::NodeType::kString;
    c.value = n;
    return c;
  }

 private:
  Random random_;
};

struct Tag final : Attributes {
  explicit Tag(std::string_view tag) : text(tag) {}
  Fact find(std::string_view path) const noexcept override {
    Fact f;
    if (path == "tag" && !text.empty()) f.type = Fact::Type::kText, f.text = text;
    return f;
  }
  std::string_view text;
};

std::string level_bytes(int level) {
  ValueWriter w;
  w.begin_table(0);
  if (level >= 0) w.string("level", 5), w.integer(level);
  w.end_table();
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

TEST(RandomPolicies, H201_H207_H209_H213_H218_AgreeWithTheReference) {
  const std::vector<Person> people{{"root", -1}, {"u", 1}, {"u1", 9}, {"10", 10}};
  const std::vector<std::string> actions{"a", "a.b", "a.b.c", "b", "ab", "{a|b"};
  const std::vector<std::string> resources{"x", "x:1", "x:11", "{h|0x1}", "?", "h"};
  const std::vector<std::string> tags{"", "t", "2"};
  std::vector<std::unique_ptr<const Actor>> actors;
  for (const Person& p : people) actors.push_back(std::make_unique<const Actor>(p.id, level_bytes(p.level)));
  Generator g(20'261'127);
  std::size_t made = 0;
  std::size_t asked[3] = {};
  while (made < 100'000) {
    std::vector<SecurityPolicyConfig> configs;
    std::vector<PolicyPtr> policies;
    for (std::size_t n = 1 + g.below(6); n > 0; --n, ++made) {
      configs.push_back(g.policy());
      policies.push_back(std::make_shared<const RulePolicy>("p" + std::to_string(n), configs.back()));
    }
    const Scope scope(policies);
    for (std::size_t i = 0; i < 12; ++i) {
      const std::size_t who = g.below(people.size());
      const Case k{people[who], g.one_of(actions), g.one_of(resources), g.one_of(tags)};
      const Decision got = scope.evaluate(*actors[who], k.action, k.resource, Tag(k.tag));
      ++asked[static_cast<int>(got)];
      ASSERT_EQ(got, reference(configs, k))
          << "policies " << made << ": " << k.who.id << " " << k.action << " " << k.resource;
    }
  }
  for (const std::size_t n : asked) EXPECT_GT(n, 5'000u) << "every answer is given often";
}

}  // namespace
}  // namespace wippy::security
