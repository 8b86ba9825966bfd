// libs: wippy_runtime
// The store, hosts' boundaries, and checks from inside a process: host.md §3.5, §5.4, §5.7.
#include "runtime/security/store.hpp"

#include <gtest/gtest.h>

#include "runtime/process/frame_context.hpp"
#include "runtime/process/permission.hpp"
#include "runtime/security/policy.hpp"
#include "scheduler/random.hpp"
#include "tests/unit/runtime/fixture.hpp"
#include "tests/unit/runtime_app/project.hpp"

namespace wippy::security {
namespace {

using test::Project;
using Behavior = wippy::Behavior;

std::string rule(const std::string& name, const std::string& body, const std::string& groups) {
  return "  - {name: " + name + ", kind: security.policy, groups: [" + groups + "], policy: {" + body + "}}\n";
}
app::Application application(const std::string& entries) {
  Project project;
  project.file("src/_index.yaml", "namespace: app\nentries:\n  - {name: h, kind: process.host}\n" + entries);
  return project.good();
}
const std::string kAllow = rule("allow", "actions: '*', resources: '*', effect: allow", "g, 'other:g'");
const std::string kDeny = rule("deny", "actions: read, resources: secret, effect: deny", "g");

app::SecurityConfig config(std::vector<app::EntryId> policies, std::vector<app::EntryId> groups) {
  app::SecurityConfig c;
  c.policies = std::move(policies);
  c.groups = std::move(groups);
  return c;
}

TEST(PolicyStoreTest, H219_H220_H221_GroupsHoldWhatNamesThem) {
  const PolicyStore store(application(kAllow + kDeny + rule("none", "actions: a, resources: b, effect: deny", "")));
  EXPECT_EQ(store.named_scope("app:g")->policies().size(), 2u);
  EXPECT_EQ(store.named_scope("other:g")->policies().size(), 1u);
  EXPECT_EQ(store.named_scope("g"), nullptr);
  EXPECT_EQ(store.policy("app:deny")->id(), "app:deny");
  EXPECT_EQ(store.policy("app:g"), nullptr);
}

TEST(PolicyStoreTest, H177_AFrameIsNeverMadeWithLessThanItNames) {
  const PolicyStore store(application(kAllow));
  FramePtr frame;
  std::string missing;
  EXPECT_EQ(store.make_frame(config({{"app", "allow"}, {"app", "gone"}}, {{"app", "g"}}), nullptr, frame, missing).kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(missing, "policy app:gone");
  EXPECT_EQ(frame, nullptr);
}

TEST(PolicyStoreTest, H219_ScopesKeepWhatTheyWereMadeOf) {
  PolicyStore store(application(kAllow));
  const Actor actor("a", {});
  const auto before = store.named_scope("app:g");
  uint64_t told = 0;
  store.on_replace([&told](uint64_t version) { told = version; });
  store.replace(application(kAllow + kDeny).entries);
  EXPECT_EQ(told, 1u);
  EXPECT_EQ(store.version(), 1u);
  EXPECT_EQ(before->evaluate(actor, "read", "secret"), Decision::kAllow);
  EXPECT_EQ(store.named_scope("app:g")->evaluate(actor, "read", "secret"), Decision::kDeny);
  store.replace({});
  EXPECT_EQ(store.named_scope("app:g"), nullptr);
}

TEST(BoundaryTest, H114_H115_H116_H118_ChangesCountFromTheNextCheck) {
  wippy::test::Node node(1);
  PolicyStore store(application(kAllow + kDeny));
  app::SecurityConfig boundary = config({}, {{"app", "g"}});
  boundary.default_allow = true;
  store.guard_host(node.host().core(), boundary);
  static PolicyStore* s;
  s = &store;
  node.run([](Context& self, wippy::test::Node& n) -> Behavior {
    EXPECT_FALSE(check_permission(self, "read", "secret"));
    EXPECT_TRUE(check_permission(self, "read", "open"));
    s->replace(application(kAllow).entries);
    EXPECT_TRUE(check_permission(self, "read", "secret"));
    s->replace(application(rule("deny", "actions: '*', resources: x, effect: deny", "g")).entries);
    EXPECT_TRUE(check_permission(self, "read", "open")) << "default: allow";
    EXPECT_FALSE(check_permission(self, "read", "x"));
    s->replace({});
    EXPECT_FALSE(check_permission(self, "read", "open")) << "the group is gone: nothing is left open";
    n.done();
    co_return;
  });
}

TEST(CheckTest, H202_H203_H205_TheTableWithoutStrictMode) {
  wippy::test::Node node(1);
  node.run([](Context& self, wippy::test::Node& n) -> Behavior {
    EXPECT_TRUE(check_permission(self, "read", "x"));
    EXPECT_FALSE(n.runtime().node().guarded()) << "one flag";
    EXPECT_FALSE(surely_permitted(self, "read", "x", NoAttributes()));
    for (const bool scoped : {false, true}) {
      FrameBuilder b(nullptr);
      scoped ? b.set_scope(std::make_shared<const Scope>()) : b.set_actor(std::make_shared<const Actor>("", ""));
      SpawnOptions o;
      EXPECT_TRUE(b.build(o.frame).ok());
      o.monitor = true;
      spawn_native(self, o, [](Context& child) -> Behavior {
        EXPECT_TRUE(check_permission(child, "read", "x"));
        co_return;
      });
      static_cast<void>(co_await receive(self));
    }
    EXPECT_TRUE(n.runtime().node().guarded());
    n.done();
  });
}

// Processes of several actors and scopes on one worker, asking in turn: what is remembered for one is never said to another.
Behavior asks(Context& self, const Actor* actor, const Scope* scope, uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < 4'000; ++i) {
    const std::string action = "a" + std::to_string(random.below(4));
    const std::string resource = std::string(random.below(3) * 50, 'r') + std::to_string(random.below(40));
    const bool want = scope->evaluate(*actor, action, resource) == Decision::kAllow;
    EXPECT_EQ(check_permission(self, action, resource), want) << action << " " << resource;
    if (i % 100 == 0) co_await sleep_for(self, 1'000);
  }
}
TEST(CheckTest, H201_RememberedDecisionsAreThoseOfTheScope) {
  wippy::test::Node node(1);
  node.run([](Context& self, wippy::test::Node& n) -> Behavior {
    const std::string by_actor = "conditions: [{field: actor.id, operator: contains, value: '1'}]";
    const PolicyStore store(
        application(rule("p", "actions: [a0, a1], resources: '*1', effect: allow", "one, two") +
                    rule("q", "actions: 'a*', resources: ['*7*', '2*'], effect: allow, " + by_actor, "two") +
                    rule("r", "actions: a1, resources: '*3*', effect: deny", "one")));
    std::vector<FramePtr> frames;
    for (int i = 0; i < 6; ++i) {
      FrameBuilder b(nullptr);
      b.set_actor(std::make_shared<const Actor>("actor" + std::to_string(i), ""));
      b.set_scope(store.named_scope(i % 2 == 0 ? "app:one" : "app:two"));
      FramePtr frame;
      EXPECT_TRUE(b.build(frame).ok());
      frames.push_back(frame);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      SpawnOptions o;
      o.monitor = true;
      o.frame = frames[i];
      spawn_native(self, o, asks, frames[i]->actor().get(), frames[i]->scope().get(), i + 1);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) static_cast<void>(co_await receive(self));
    n.done();
  });
}

}  // namespace
}  // namespace wippy::security
