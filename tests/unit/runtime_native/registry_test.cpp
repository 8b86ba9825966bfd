// Factories by name, their machines, and what native processes do with entries.
#include "runtime/native/registry.hpp"

#include <gtest/gtest.h>

#include "runtime/native/entries.hpp"
#include "tests/unit/runtime/fixture.hpp"

namespace wippy {
namespace {

using test::Node;

Behavior answer(Context& self, std::int64_t value) {
  finish_with(self, value);
  co_return;
}
Behavior waits(Context& self, std::optional<std::string>) { const Message m = co_await receive(self); }
Behavior bounded(Context&, ProcessMemory, std::int64_t) { co_return; }

std::string body_of(auto... values) {
  ValueWriter w;
  put_body(w, {}, values...);
  EXPECT_TRUE(w.finish().ok());
  return std::string(w.view());
}

TEST(NativeRegistry, NamesAreUniqueAndSorted) {
  NativeRegistry r;
  EXPECT_TRUE(r.add("b", native_start<answer>));
  EXPECT_TRUE(r.add("a", native_start<waits>));
  EXPECT_FALSE(r.add("b", native_start<waits>));
  EXPECT_FALSE(r.add("", native_start<waits>));
  EXPECT_EQ(r.find("b")->start, native_start<answer>.start);  // the first one stays
  EXPECT_EQ(r.find("c"), nullptr);
  EXPECT_EQ(r.all().begin()->first, "a");
  EXPECT_EQ(r.problems(),
            (std::vector<std::string>{"native factory \"b\" is registered twice", "a native factory has no name"}));
}

const NativeRegistration kLinked("test.answer", native_start<answer>);

TEST(NativeRegistry, StaticRegistrationsAreThere) {
  ASSERT_NE(NativeRegistry::linked().find("test.answer"), nullptr);
  EXPECT_TRUE(NativeRegistry::linked().problems().empty());
}

TEST(NativeRegistry, OnlyFactoriesWithProcessMemoryHaveLimits) {
  EXPECT_FALSE(native_start<answer>.limits_memory);
  EXPECT_TRUE(native_start<bounded>.limits_memory);
}

TEST(NativeEntry, ArgumentsThatCannotBeReadStartNothing) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    static const NativeStart start = native_start<answer>;
    for (const std::string& body : {std::string("\xff\xff"), body_of(), body_of("x"), body_of(1).substr(0, 1)}) {
      NativeEntryFactory factory(start, body, 0);
      const SpawnResult r = self.spawn(factory, {});
      EXPECT_EQ(r.status.kind, ErrorKind::kInvalid);
      EXPECT_FALSE(r.pid);
      EXPECT_NE(r.error_text, "");
    }
    EXPECT_EQ(self.node().live_processes(), 1);
    node.done();
    co_return;
  });
}

TEST(NativeEntry, ProcessMemoryIsTheArenaWithinItsLimit) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    ProcessMemory memory(self, 10'000);
    {
      std::pmr::vector<char> all(9'000, 'x', &memory);
      EXPECT_GE(self.arena()->used_bytes(), 9'000U);
      EXPECT_THROW(static_cast<void>(memory.allocate(2'000)), ProcessError);
      void* const rest = memory.allocate(500);
      memory.deallocate(rest, 500);
    }
    EXPECT_LE(self.arena()->used_bytes(), 1'000U);
    EXPECT_THROW(static_cast<void>(memory.allocate(10'001)), ProcessError);
    EXPECT_THROW(static_cast<void>(memory.allocate(64, 64)), std::bad_alloc);
    void* const whole = memory.allocate(10'000 - self.arena()->used_bytes());
    EXPECT_NE(whole, nullptr);
    node.done();
    co_return;
  });
}

TEST(NativeEntry, WithoutEntriesSpawnsAreNotFound) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    EXPECT_EQ(spawn_entry(self, {}, "app:x", "").status.kind, ErrorKind::kNotFound);
    const ExecResult r = co_await exec_entry(self, "app:x", "", 1);
    EXPECT_EQ(r.status.kind, ErrorKind::kNotFound);
    EXPECT_FALSE(r.ok());
    print(self, "nowhere");
    node.done();
  });
}

TEST(NativeEntry, ValueOfAnExit) {
  Node n(1);
  n.run([](Context& self, Node& node) -> Behavior {
    SpawnOptions options;
    options.monitor = true;
    spawn_native(self, options, answer, 5);
    const Message five = co_await receive(self);
    EXPECT_EQ(value_of<std::int64_t>(self, five), 5);
    EXPECT_THROW(value_of<std::string>(self, five), ProcessError);
    EXPECT_EQ(error_of(five).message(), "no error");
    spawn_native(self, options, [](Context&) -> Behavior {
      co_await std::suspend_never{};
      throw ProcessError(ErrorKind::kConflict, "taken", true);
    });
    const Message failed = co_await receive(self);
    try {
      static_cast<void>(value_of<std::int64_t>(self, failed));
      ADD_FAILURE() << "no error";
    } catch (const ProcessError& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kConflict);
      EXPECT_EQ(e.message(), "taken");
      EXPECT_TRUE(e.retryable());
    }
    spawn_native(self, options, [](Context&) -> Behavior { co_return; });
    const Message nothing = co_await receive(self);
    EXPECT_EQ(value_of<std::optional<bool>>(self, nothing), std::nullopt);
    EXPECT_THROW(value_of<bool>(self, nothing), ProcessError);
    node.done();
  });
}

}  // namespace
}  // namespace wippy
