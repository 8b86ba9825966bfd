// What native processes do with the entries of the application: spawn and exec them by id, in whatever language they are
// written; and sends, exits and prints in C++ values (runtime/native/values.hpp).
//
//   const SpawnResult r = spawn_entry(self, {.monitor = true}, "app:worker", "app:processes", "name", 42);
//   send_values(self, r.pid, "job", 7, "text");
//   ExecResult e = co_await exec_entry(self, "app:adder", "app:processes", 1, 2);
//   if (e.ok()) total += value_of<std::int64_t>(self, e.exit);
//
// Errors come back as Status, except from value_of. Thread-safety: inside a step, as all of Context.
#pragma once

#include <string>
#include <string_view>

#include "runtime/native/values.hpp"
#include "runtime/process/process_directory.hpp"
#include "runtime/process/upgrade.hpp"

namespace wippy {

// --- messages, exits, output

template <class... T>
Status send_values(Context& self, Pid to, std::string_view topic, const T&... payloads) {
  ValueWriter w;
  put_body(w, topic, payloads...);
  if (const Status s = w.finish(); !s.ok()) return s;
  return self.send(to, w.view().data(), w.view().size());
}

// The process's result; the behavior then returns. A value that cannot be encoded makes it end with that error.
template <class T>
void finish_with(Context& self, const T& value) {
  ValueWriter w;
  put_value(w, value);
  const Status s = w.finish();
  self.finish(s.ok() ? ExitReason::normal(w.view().data(), w.view().size()) : ExitReason::failure(s.kind, s.message));
}

// Ends the process with an error; the behavior then returns. The same as throwing ProcessError out of it.
inline void fail(Context& self, ErrorKind kind, std::string_view message, bool retryable = false) noexcept {
  self.finish(ExitReason::failure(kind, message, retryable ? Retryable::kYes : Retryable::kNo));
}

// As `print` in Lua: the program's output on a terminal host, a line in the log elsewhere.
void print(Context& self, std::string_view line) noexcept;

// The error of a kExit or kLinkDown.
ProcessError error_of(const Message& exit);

// The value of a kExit. Throws ProcessError: the exit's own error, or INVALID when the value is of another type.
template <class T>
T value_of(Context& self, const Message& exit) {
  if (exit.abnormal()) throw error_of(exit);
  ValueReader reader;
  ValueItem nothing;
  nothing.token = Token::kNil;
  if (!exit.body().empty()) reader.open_value(exit.body());
  ValueInput in{self, reader};
  T out{};
  if (!ValueOf<T>::take(in, exit.body().empty() ? nothing : reader.next(), out)) {
    throw ProcessError(ErrorKind::kInvalid, std::string("the result is not ") + ValueOf<T>::kName);
  }
  return out;
}

// --- spawn

// `arguments`: a message body. `host`: id of a host, or empty for the own one. Sets options.host.
SpawnResult spawn_entry_body(Context& self, SpawnOptions options, std::string_view entry, std::string_view host,
                             std::string_view arguments);

template <class... T>
SpawnResult spawn_entry(Context& self, SpawnOptions options, std::string_view entry, std::string_view host,
                        const T&... arguments) {
  ValueWriter w;
  put_body(w, {}, arguments...);
  SpawnResult r;
  r.status = w.finish();
  return r.status.ok() ? spawn_entry_body(self, std::move(options), entry, host, w.view()) : r;
}

// --- exec: spawn, and wait for the end

struct ExecResult {
  Status status;           // of the spawn
  std::string error_text;  // more than status.message, when not empty
  Message exit;            // when the status is good: the kExit

  bool ok() const noexcept { return status.ok() && !exit.abnormal(); }
};

// The end of the waiting process ends the child.
class [[nodiscard]] ExecAwait final : public Waiting {
 public:
  ExecAwait(Context& self, SpawnResult child) noexcept
      : Waiting(WaitReason::kExec), self_(self), child_(std::move(child)) {}
  ~ExecAwait();
  ExecAwait(const ExecAwait&) = delete;
  ExecAwait& operator=(const ExecAwait&) = delete;
  bool await_ready() noexcept { return !child_.status.ok() || take(); }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept { h.promise().waiting = this; }
  ExecResult await_resume() { return {child_.status, std::move(child_.error_text), Message(self_, signal_)}; }
  WaitTarget waits_for() const noexcept override { return {child_.pid, child_.watch_ref}; }
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  bool take() noexcept {
    signal_ = self_.next_matching(SignalKind::kExit, child_.watch_ref);
    return signal_ != nullptr;
  }
  Context& self_;
  SpawnResult child_;
  Signal* signal_ = nullptr;
};

template <class... T>
ExecAwait exec_entry(Context& self, std::string_view entry, std::string_view host, const T&... arguments) {
  SpawnOptions options;
  options.private_watch = true;
  return {self, spawn_entry(self, std::move(options), entry, host, arguments...)};
}

// --- upgrade: `co_await become_entry(self, "app:v2", state)` goes on as that entry and never comes back; the process fails when
// that cannot be made (runtime/process/upgrade.hpp). Throws ProcessError when the arguments cannot be encoded.

UpgradeAwait become_entry_body(Context& self, std::string_view entry, std::string_view arguments);

template <class... T>
UpgradeAwait become_entry(Context& self, std::string_view entry, const T&... arguments) {
  ValueWriter w;
  put_body(w, {}, arguments...);
  if (const Status s = w.finish(); !s.ok()) throw ProcessError(s.kind, s.message, s.retryable);
  return become_entry_body(self, entry, w.view());
}

}  // namespace wippy
