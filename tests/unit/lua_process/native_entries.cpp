#include "tests/unit/lua_process/native_entries.hpp"

#include "scheduler/clock.hpp"

namespace wippy::lua::test {
namespace {

// --- ends of all kinds

Behavior nothing(Context&) { co_return; }

Behavior add(Context& self, std::int64_t a, std::optional<double> b) {
  finish_with(self, static_cast<double>(a) + b.value_or(0.5));
  co_return;
}

Behavior list(Context& self, std::int64_t count) {
  std::vector<std::int64_t> out;
  for (std::int64_t i = 1; i <= count; ++i) out.push_back(i * i);
  finish_with(self, out);
  co_return;
}

Behavior fails(Context& self, std::string message, std::int64_t kind, bool retryable) {
  fail(self, static_cast<ErrorKind>(kind), message, retryable);
  co_return;
}

Behavior throws(Context&, std::string what) {
  co_await std::suspend_never{};
  if (what == "error") throw std::runtime_error("thrown");
  if (what == "typed") throw ProcessError(ErrorKind::kTimeout, "typed", true);
  throw 5;
}

// Nothing of it runs: its start refuses.
Behavior refuse(const NativeInput& in) {
  ValueReader reader;
  static_cast<void>(reader.open_body(in.arguments));
  throw ProcessError(ErrorKind::kConflict, "refused " + std::string(reader.next().text), true);
}

// --- arguments of all types, back as payloads of one message

Behavior types(Context& self, Pid to, bool truth, std::int32_t narrow, double number, std::string text,
               std::vector<std::string> words, std::map<std::string, std::vector<std::int64_t>> table,
               std::chrono::nanoseconds duration, TimeValue time, std::optional<std::string> missing) {
  static_cast<void>(send_values(self, to, "types", truth, narrow, number, text, words, table, duration, time, missing,
                                nullptr, "end"));
  co_return;
}

// The arguments as they came, as the payloads of one message to the first of them.
Behavior raw(Context& self, Arguments arguments) {
  ValueReader reader;
  static_cast<void>(reader.open_body(arguments.body));
  ValueInput in{self, reader};
  Pid to;
  if (reader.payload_count() == 0 || !take_payload(in, to)) throw ProcessError(ErrorKind::kInvalid, "no PID");
  static_cast<void>(self.send(to, arguments.body.data(), arguments.body.size()));
  co_return;
}

// --- processes that live

Behavior idle(Context& self) {
  for (;;) const Message m = co_await receive(self);
}

// Sends every message back under its topic, and events under "event"; ends on CANCEL with "cancelled".
Behavior echo(Context& self, std::optional<Pid> observer) {
  for (;;) {
    const Message m = co_await receive(self);
    if (m.kind() == SignalKind::kMessage) {
      static_cast<void>(self.send(m.from(), m.body().data(), m.body().size()));
    } else if (m.kind() == SignalKind::kCancel) {
      if (observer) static_cast<void>(send_values(self, *observer, "cancel", m.from(), m.ref() != 0));
      break;
    }
  }
  finish_with(self, "cancelled");
}

Behavior named(Context& self, std::string name) {
  if (const Status s = self.register_name(name, self.pid()); !s.ok()) throw ProcessError(s.kind, s.message);
  for (;;) const Message m = co_await receive(self);
}

// Traps links, is linked to its child, and tells what came.
Behavior trapper(Context& self, std::string child, Pid to) {
  self.set_trap_links(true);
  SpawnOptions options;
  options.link = true;
  options.monitor = true;
  const SpawnResult r = spawn_entry(self, options, child, "app:processes");
  if (!r.status.ok()) throw ProcessError(r.status.kind, r.error_text.empty() ? r.status.message : r.error_text);
  for (int i = 0; i < 2; ++i) {
    const Message m = co_await receive(self);
    const char* const topic = m.kind() == SignalKind::kLinkDown ? "down" : m.kind() == SignalKind::kExit ? "exit" : "?";
    static_cast<void>(send_values(self, to, topic, m.from() == r.pid, error_of(m).message()));
  }
}

// Links itself to a process by its PID and waits.
Behavior linker(Context& self, Pid peer) {
  if (const Status s = self.link(peer); !s.ok()) throw ProcessError(s.kind, s.message);
  static_cast<void>(send_values(self, peer, "linked"));
  for (;;) const Message m = co_await receive(self);
}

// exec of an entry of any language, whose value becomes this one's.
Behavior caller(Context& self, std::string entry, std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  const ExecResult r = co_await exec_entry(self, entry, "app:processes", a, b);
  if (!r.status.ok()) throw ProcessError(r.status.kind, r.error_text.empty() ? r.status.message : r.error_text);
  finish_with(self, value_of<std::optional<double>>(self, r.exit));
}

// exec of a child that registers `name` and waits for ever.
Behavior holder(Context& self, std::string entry, std::string name) {
  const ExecResult r = co_await exec_entry(self, entry, "app:processes", name);
  throw error_of(r.exit);
}

// Computes without giving its turn up.
Behavior busy(Context& self, std::int64_t milliseconds) {
  const std::uint64_t end_ns = monotonic_ns() + static_cast<std::uint64_t>(milliseconds) * 1'000'000;
  while (monotonic_ns() < end_ns) {
  }
  finish_with(self, self.entry_id());
  co_return;
}

Behavior eater(Context& self, ProcessMemory memory, std::int64_t bytes) {
  std::pmr::vector<char> all(static_cast<std::size_t>(bytes), 'x', &memory);
  finish_with(self, static_cast<std::int64_t>(all.size()));
  co_return;
}

// Goes on as another entry.
Behavior upgrader(Context& self, std::string entry, std::optional<std::string> word) {
  co_await become_entry(self, entry, word);
  fail(self, ErrorKind::kInternal, "the old code runs on");
}

// What an upgraded process has: its new arguments, its mail, its new entry.
Behavior upgraded(Context& self, ProcessMemory, std::string word) {
  const Message m = co_await receive(self);
  finish_with(self, word + " " + std::string(m.topic()) + " " + std::string(self.entry_id()));
}

NativeRegistry& registry() {
  static NativeRegistry all;
  if (!all.all().empty()) return all;
  all.add("nothing", native_start<nothing>);
  all.add("add", native_start<add>);
  all.add("list", native_start<list>);
  all.add("fails", native_start<fails>);
  all.add("throws", native_start<throws>);
  all.add("refuse", NativeStart{refuse});
  all.add("types", native_start<types>);
  all.add("raw", native_start<raw>);
  all.add("idle", native_start<idle>);
  all.add("echo", native_start<echo>);
  all.add("named", native_start<named>);
  all.add("trapper", native_start<trapper>);
  all.add("linker", native_start<linker>);
  all.add("caller", native_start<caller>);
  all.add("holder", native_start<holder>);
  all.add("busy", native_start<busy>);
  all.add("eater", native_start<eater>);
  all.add("upgrader", native_start<upgrader>);
  all.add("upgraded", native_start<upgraded>);
  return all;
}

const NativeStart* find_registered(std::string_view entry_id) {
  constexpr std::string_view kSpace = "native.test:";
  static const NativeRegistry& all = registry();
  return entry_id.starts_with(kSpace) ? all.find(entry_id.substr(kSpace.size())) : nullptr;
}

const bool g_linked = (g_find_native = find_registered, true);

}  // namespace

}  // namespace wippy::lua::test
