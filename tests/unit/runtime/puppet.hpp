// A process that does what its boss says and tells the boss what happens to it.
#pragma once

#include <string_view>

#include "tests/unit/runtime/fixture.hpp"

namespace wippy::test {

inline constexpr uint64_t kMs = 1'000'000;

inline int64_t number(Pid p) { return static_cast<int64_t>(p.value); }
inline Pid pid_in(const Message& m) { return Pid{static_cast<uint64_t>(m.integer())}; }

// A message that must get through.
inline void tell(Context& self, Pid to, std::string_view topic, int64_t value = 0) {
  EXPECT_TRUE(send(self, to, topic, value).ok()) << topic;
}
// One that need not: the boss may be gone by then.
inline void note(Context& self, Pid to, std::string_view topic, int64_t value) {
  static_cast<void>(send(self, to, topic, value));
}
inline void expect_exit(const Message& m, Pid from) {
  ASSERT_TRUE(m) << "no EXIT came";
  EXPECT_EQ(m.kind(), SignalKind::kExit);
  EXPECT_EQ(m.from(), from);
}
inline void expect_failure(const Message& m, Pid from, SignalKind kind, std::string_view error) {
  ASSERT_TRUE(m) << "nothing came";
  EXPECT_EQ(m.kind(), kind);
  EXPECT_EQ(m.from(), from);
  EXPECT_TRUE(m.abnormal());
  EXPECT_EQ(error_text(m), error);
}
inline void expect_note(const Message& m, std::string_view topic, int64_t value) {
  ASSERT_TRUE(m) << "no message came, wanted " << topic;
  ASSERT_EQ(m.kind(), SignalKind::kMessage) << "wanted " << topic;
  EXPECT_EQ(m.topic(), topic);
  EXPECT_EQ(m.integer(), value);
}

inline SpawnOptions watched(HostCore* host = nullptr) {
  SpawnOptions o;
  o.host = host;
  o.monitor = true;
  return o;
}
inline SpawnOptions linked() {
  SpawnOptions o;
  o.link = true;
  return o;
}
inline SpawnOptions linked_watched() {
  SpawnOptions o = linked();
  o.monitor = true;
  return o;
}
inline void fail(Context& self, std::string_view text) { self.finish(ExitReason::failure(ErrorKind::kInternal, text)); }

inline Behavior nothing(Context&) { co_return; }
inline Behavior boom(Context& self) {
  fail(self, "boom");
  co_return;
}
inline Behavior deaf(Context& self) {
  for (;;) Message m = co_await receive(self);
}

// Commands: die, end, link, unlink, monitor, unmonitor, trap, untrap, kill, ping (the value is a pid); each but the first
// two is answered by "ok" with the kind of the status. Events are told as exit, crash, down, cancel with the pid they name.
inline Behavior puppet(Context& self, Pid boss) {
  for (;;) {
    Message m = co_await receive(self);
    if (m.kind() == SignalKind::kExit) note(self, boss, m.abnormal() ? "crash" : "exit", number(m.from()));
    if (m.kind() == SignalKind::kLinkDown) note(self, boss, "down", number(m.from()));
    if (m.kind() == SignalKind::kCancel) note(self, boss, "cancel", number(m.from()));
    if (m.kind() != SignalKind::kMessage) continue;
    const std::string_view what = m.topic();
    const Pid arg = pid_in(m);
    Status s = Status::good();
    if (what == "end") co_return;
    if (what == "die") {
      fail(self, "boom");
      co_return;
    }
    if (what == "link") s = self.link(arg);
    if (what == "unlink") s = self.unlink(arg);
    if (what == "monitor") s = self.monitor(arg);
    if (what == "unmonitor") s = self.unmonitor(arg);
    if (what == "kill") s = self.terminate(arg);
    if (what == "trap") self.set_trap_links(true);
    if (what == "untrap") self.set_trap_links(false);
    note(self, boss, "ok", static_cast<int64_t>(s.kind));
  }
}

// It ends on another worker while this step lasts: its events lie unread in the queue.
inline void wait_for_end(Context& self, Pid p) {
  while (self.node().alive(p)) cpu_relax();
  const uint64_t until = monotonic_ns() + 20 * kMs;
  while (monotonic_ns() < until) cpu_relax();
}

inline Pid spawn_puppet(Context& self) { return spawn_native(self, {}, puppet, self.pid()).pid; }

}  // namespace wippy::test

// Inside a coroutine: one command, its answer must be ok.
#define WIPPY_ORDER_IN(context, to, what, arg)           \
  do {                                                   \
    ::wippy::test::tell(context, to, what, arg);         \
    ::wippy::Message answer = co_await receive(context); \
    ::wippy::test::expect_note(answer, "ok", 0);         \
  } while (false)
#define WIPPY_ORDER(to, what, arg) WIPPY_ORDER_IN(self, to, what, arg)
// Nothing more may come for that long.
#define WIPPY_SILENCE(ns)                                   \
  do {                                                      \
    ::wippy::Message more = co_await receive_for(self, ns); \
    EXPECT_FALSE(more) << "something came";                 \
  } while (false)
