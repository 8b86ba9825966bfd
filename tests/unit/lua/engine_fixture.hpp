// Lua processes on the real runtime, with small hooks instead of the product's libraries: results, errors and print become
// text that tests compare; a library `test` has what tests need of time and mail.
#pragma once

#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

#include "lua/channel.hpp"
#include "lua/hooks.hpp"
#include "lua/machine.hpp"
#include "lua/program.hpp"
#include "mailbox/values.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/clock.hpp"
#include "tests/unit/lua/stdlib_fixture.hpp"

namespace wippy::lua::test {

// What hooks report, by pid.
class Reports {
 public:
  void put(Pid pid, std::string text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_[pid.value] = std::move(text);
    changed_.notify_all();
  }
  bool wait(Pid pid, std::string& text, int seconds) {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool done =
        changed_.wait_for(lock, std::chrono::seconds(seconds), [&] { return ended_.count(pid.value) != 0; });
    if (done) text = ended_[pid.value];
    return done;
  }
  void clear() {  // pids start anew with each runtime
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_.clear();
    printed_.clear();
  }
  void add_line(std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    printed_ += std::string(line) + "\n";
  }
  std::string take_printed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(printed_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, std::string> ended_;
  std::string printed_;
};
inline Reports& reports() {
  static Reports r;
  return r;
}

// Two views of the mailbox, by the first letter of the topic: 'e' events, anything else inbox. Items are topics.
class TestSink final : public SignalSink {
 public:
  class View final : public ChannelSource {
   public:
    bool ready(uint64_t& arrival) noexcept override {
      if (first == nullptr) return false;
      arrival = first_arrival();
      return true;
    }
    void take(lua_State* L) override {
      Signal* s = first;
      first = s->link();
      if (first == nullptr) last = nullptr;
      ValueReader r;
      static_cast<void>(r.open_body({s->body(), s->body_bytes}));
      lua_pushlstring(L, r.topic().data(), r.topic().size());
      for (uint32_t i = 0; i + 1 < count; ++i) arrivals[i] = arrivals[i + 1];
      --count;
      context_of(L).release(s);
    }
    bool is_mailbox() const noexcept override { return true; }
    uint64_t first_arrival() const noexcept { return arrivals[0]; }

    Signal* first = nullptr;
    Signal* last = nullptr;
    uint64_t arrivals[256] = {};
    uint32_t count = 0;
    Channel* channel = nullptr;
  };

  void on_signal(LuaMachine& machine, Signal* s) noexcept override {
    if (s->kind != SignalKind::kMessage) return machine.context().release(s);
    ValueReader r;
    static_cast<void>(r.open_body({s->body(), s->body_bytes}));
    View& v = !r.topic().empty() && r.topic()[0] == 'e' ? events : inbox;
    if (v.count == 256) return machine.context().release(s);
    v.arrivals[v.count++] = next_arrival++;
    s->link() = nullptr;
    (v.last != nullptr ? v.last->link() : v.first) = s;
    v.last = s;
    if (v.channel != nullptr) notify(v.channel);
  }
  void close(LuaMachine& machine, bool) noexcept override {
    for (View* v : {&inbox, &events}) {
      while (Signal* s = v->first) {
        v->first = s->link();
        machine.context().release(s);
      }
    }
    delete this;
  }
  View inbox;
  View events;
  uint64_t next_arrival = 0;
};

// --- the library `test`

inline int nothing(lua_State*, int, lua_KContext) { return 0; }

inline int test_sleep(lua_State* L) {
  const auto ms = static_cast<uint64_t>(luaL_checkinteger(L, 1));
  check_may_block(L);
  const WakeRef me = prepare_block(L);
  if (!wake_on_timer(L, me, ms * 1'000'000)) return luaL_error(L, "no timer");
  return block(L, WaitReason::kSleep, 0, nothing);
}

inline int test_now(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(monotonic_ns()) / 1e6);
  return 1;
}

inline int test_view(lua_State* L) {
  auto* sink = static_cast<TestSink*>(machine_of(L).sink());
  TestSink::View& v = std::strcmp(luaL_checkstring(L, 1), "events") == 0 ? sink->events : sink->inbox;
  v.channel = new_channel(L, 0, &v);
  lua_pushvalue(L, -1);
  anchor(L);
  return 1;
}

inline int test_post(lua_State* L) {  // to itself: topic
  std::size_t n = 0;
  const char* topic = luaL_checklstring(L, 1, &n);
  char body[64];
  body[0] = static_cast<char>(n);
  std::memcpy(body + 1, topic, n);
  body[n + 1] = 0;
  lua_pushboolean(L, context_of(L).send(context_of(L).pid(), body, n + 2).ok());
  return 1;
}

// Calls a function through a C frame that no yield can cross.
inline int test_callnoyield(lua_State* L) {
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

inline int open_test(lua_State* L) {
  static constexpr LibraryEntry kEntries[] = {{"sleep", test_sleep},
                                              {"now", test_now},
                                              {"view", test_view},
                                              {"post", test_post},
                                              {"callnoyield", test_callnoyield},
                                              {nullptr, nullptr}};
  push_lazy_table(L, kEntries);
  push_read_only(L);
  return 1;
}

inline LuaHooks& test_hooks() {
  static constexpr LibraryEntry kBare[] = {{"now", test_now}, {"made", open_test, true}, {nullptr, nullptr}};
  static constexpr LuaLibrary kLibraries[] = {
      {"test", open_test, true}, {"secret", open_test, false}, {"bare", nullptr, true, kBare}};
  static LuaHooks hooks = [] {
    LuaHooks h;
    h.push_arguments = [](lua_State* L, std::string_view body) {
      lua_pushlstring(L, body.data(), body.size());
      return 1;
    };
    h.main_returned = [](lua_State* L, int count) {
      Context& self = context_of(L);
      self.finish(ExitReason::normal());
      reports().put(self.pid(), show_all(L, count));
    };
    h.task_failed = [](lua_State* L, int index) {
      Context& self = context_of(L);
      self.finish(ExitReason::failure(ErrorKind::kInternal, "failed"));
      const char* trace = lua_tostring(L, index + 1);
      EXPECT_NE(trace, nullptr);
      reports().put(self.pid(), "error: " + show(L, index));
    };
    h.make_sink = [](LuaMachine&) noexcept -> SignalSink* { return new TestSink; };
    h.print = [](Context&, std::string_view line) noexcept { reports().add_line(line); };
    h.libraries = kLibraries;
    h.library_count = 3;
    return h;
  }();
  return hooks;
}

inline std::shared_ptr<LuaProgram> program_of(const std::string& source, const std::string& id = "app:test") {
  auto program = std::make_shared<LuaProgram>();
  program->entry_id = id;
  std::string error;
  const Status s = compile(source, id, program->bytecode, error);
  EXPECT_TRUE(s.ok()) << error;
  return program;
}

class LuaNode {
 public:
  explicit LuaNode(uint32_t workers = 1) : runtime_({}) {
    reports().clear();
    HostOptions o;
    o.id = "app:processes";
    o.workers = workers;
    host_ = &runtime_.add_host(o);
    EXPECT_TRUE(host_->start().ok());
  }

  SpawnResult spawn(const std::shared_ptr<LuaProgram>& program, std::string_view arguments = {}) {
    LuaFactory factory(program, test_hooks(), arguments, 1);
    SpawnOptions o;
    o.host = &host_->core();
    return runtime_.node().spawn(factory, o);
  }
  // `source` is a whole chunk that returns its main.
  SpawnResult spawn(const std::string& source) { return spawn(program_of(source)); }

  // Runs `body` as main and gives its results as text.
  std::string run(const std::string& body) {
    const SpawnResult r = spawn("return function(...) " + body + "\nend");
    if (!r.status.ok()) return "spawn: " + r.error_text;
    std::string text;
    return reports().wait(r.pid, text, 30) ? text : "timed out";
  }
  // Terminates and returns the milliseconds until the process is gone.
  double kill(Pid pid) {
    const uint64_t start = monotonic_ns();
    EXPECT_TRUE(runtime_.node().kill(pid, Control::kKillTerminate));
    while (runtime_.node().alive(pid) && monotonic_ns() < start + 5'000'000'000) usleep(100);
    return static_cast<double>(monotonic_ns() - start) / 1e6;
  }
  bool empties() {
    const uint64_t deadline_ns = monotonic_ns() + 10'000'000'000;
    while (runtime_.node().live_processes() != 0 && monotonic_ns() < deadline_ns) usleep(1000);
    return runtime_.node().live_processes() == 0;
  }
  Runtime& runtime() { return runtime_; }

 private:
  Runtime runtime_;
  ProcessHost* host_ = nullptr;
};

}  // namespace wippy::lua::test
