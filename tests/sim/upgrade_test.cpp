// A Lua process that upgrades again and again while several send to it, under many schedules: everything it is sent comes
// once, in the order of each sender, over all its channels. With two mistakes in the giving back of routed mail.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "lua/library.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "tests/sim/scenarios.hpp"

namespace wippy::simtest {
namespace {

constexpr int64_t kSenders = 3;
constexpr int64_t kEach = 40;  // every fifth of them is a CANCEL

// Takes what comes in order of arrival, through four channels, and goes on as the other entry after a few.
constexpr const char* kTarget = R"(
return { main = function(expected, ended, rounds)
  expected, ended, rounds = expected or {}, ended or 0, rounds or 0
  local a = process.listen("a", { message = true })
  local b = rounds % 2 == 0 and process.listen("b", { message = true }) or process.inbox()
  local box, events = process.inbox(), process.events()
  for _ = 1, math.random(1, 6) do
    local r = channel.select{ a:case_receive(), events:case_receive(), b:case_receive(), box:case_receive() }
    local item = r.value
    if r.channel == events then
      local n = expected[item.from] or 0
      if item.kind ~= process.event.CANCEL or n % 5 ~= 4 then error("an event at " .. n) end
      expected[item.from] = n + 1
    elseif item:topic() == "end" then
      ended = ended + 1
      if expected[item:from()] ~= 40 then error("ended at " .. expected[item:from()]) end
      if ended == 3 then return rounds end
    else
      local from, n = item:from(), item:payload():data()
      if n ~= (expected[from] or 0) then error("got " .. n .. " at " .. (expected[from] or 0)) end
      expected[from] = n + 1
    end
  end
  process.upgrade(process.id() == "app:odd" and "app:even" or "app:odd", expected, ended, rounds + 1)
end })";

class Programs final : public ProcessDirectory {
 public:
  Programs() : hooks_(*this) {
    for (const char* id : {"app:odd", "app:even"}) {
      auto p = std::make_shared<lua::LuaProgram>();
      p->entry_id = id;
      std::string error;
      EXPECT_TRUE(lua::compile(kTarget, id, p->bytecode, error).ok()) << error;
      programs_[id] = std::move(p);
    }
  }
  SpawnResult spawn(Context& self, std::string_view entry_id, std::string_view arguments, SpawnOptions o) override {
    lua::LuaFactory factory(programs_.at(std::string(entry_id)), hooks_, arguments, 1);
    return self.spawn(factory, o);
  }
  Status make_machine(Context& self, std::string_view entry_id, std::string_view arguments, Machine*& machine,
                      std::string& error_text) override {
    lua::LuaFactory factory(programs_.at(std::string(entry_id)), hooks_, arguments, 1 + self.upgrades());
    return factory.create(self, machine, error_text);
  }
  HostCore* find_host(std::string_view) noexcept override { return nullptr; }

 private:
  std::map<std::string, std::shared_ptr<const lua::LuaProgram>> programs_;
  lua::StandardHooks hooks_;
};

Behavior numbers(Context& self, World* w, Pid to) {
  constexpr const char* kTopics[] = {"a", "b", "c"};
  for (int64_t i = 0; i < kEach; ++i) {
    const Status s = i % 5 == 4 ? self.cancel(to, 0) : send(self, to, kTopics[dice(3)], i);
    w->check().that(s.ok(), "the target is there");
    if (dice(4) == 0) co_await yield(self);
    if (dice(20) == 0) co_await sleep_for(self, dice(100'000));
  }
  static_cast<void>(send(self, to, "end", 0));
}

Behavior upgrade_root(Context& self, World* w) {
  Programs programs;
  ValueWriter none;
  none.reset_body({}, 0);
  SpawnOptions o;
  o.monitor = true;
  const SpawnResult r = programs.spawn(self, "app:odd", none.view(), o);
  w->check().that(r.status.ok(), "the target starts");
  for (int64_t i = 0; i < kSenders; ++i) spawn_native(self, {}, numbers, w, r.pid);
  Message m = co_await receive(self);
  w->check().that(m.kind() == SignalKind::kExit && m.from() == r.pid, "one EXIT, at the end");
  w->check().that(!m.abnormal(), "everything comes once and in order: " + reason_text(m));
  Message more = co_await receive_for(self, 5'000'000);
  w->check().that(!more, "nothing comes behind the EXIT");
  w->done();
}

const Scenario kScenario{"upgrade", [](World& w) { w.run(upgrade_root); }};

TEST(UpgradeSim, EverySenderInOrderOverManyUpgrades) {
  const SeedRange range = seeds(1, 120);
  for (uint64_t seed = range.first; seed <= range.last; ++seed) {
    Check check;
    const sim::Result r = simulate(kScenario, seed, check);
    ASSERT_EQ(r.outcome, sim::Outcome::kFinished) << "seed " << seed << "\n" << r.report;
    ASSERT_TRUE(check.problems().empty()) << "seed " << seed << ": " << check.problems().front();
  }
}

void found(sim::Bug bug, uint64_t within_seeds) {
  for (uint64_t seed = 1; seed <= within_seeds; ++seed) {
    sim::Options o;
    o.bug = bug;
    Check check;
    const sim::Result first = simulate(kScenario, seed, check, o);
    if (first.outcome != sim::Outcome::kFinished || check.problems().empty()) continue;
    Check again;
    EXPECT_EQ(simulate(kScenario, seed, again, o).hash, first.hash) << "the failing seed fails again";
    EXPECT_EQ(again.problems(), check.problems());
    Check without;
    EXPECT_EQ(simulate(kScenario, seed, without).outcome, sim::Outcome::kFinished);
    EXPECT_TRUE(without.problems().empty());
    std::printf("             found with seed %llu: %s\n", static_cast<unsigned long long>(seed),
                check.problems().front().c_str());
    return;
  }
  ADD_FAILURE() << "not found in " << within_seeds << " seeds";
}

TEST(UpgradeSim, RoutedMailThatIsLostIsFound) { found(sim::Bug::kRoutedLost, 20); }
TEST(UpgradeSim, MailThatIsTurnedRoundIsFound) { found(sim::Bug::kMailTurned, 20); }

}  // namespace
}  // namespace wippy::simtest
