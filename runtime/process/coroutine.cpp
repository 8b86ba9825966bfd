#include "runtime/process/coroutine.hpp"

#include "runtime/process/process.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

void Behavior::promise_type::unhandled_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    self->finish(ExitReason::failure(ErrorKind::kInternal, e.what()));
  } catch (...) {
    self->finish(ExitReason::failure(ErrorKind::kInternal, "unknown exception"));
  }
}

void put_native_machine(Context& child, Behavior b, Machine*& machine) noexcept {
  machine = new (static_cast<Process&>(child).native_storage()) NativeMachine(b);
}

Verdict NativeMachine::resume(Context& self) noexcept {
  handle_.promise().waiting = nullptr;
  handle_.resume();
  if (handle_.done() || self.ending()) return Verdict::kDone;
  // Suspended: the budget was spent, or what it waits for is not there. Which of the two, the awaitable knows.
  Verdict v = Verdict::kWait;
  if (!self.budget_left()) v = Verdict::kMore;
  self.set_wait(WaitReason::kMessage);
  return v;
}

Verdict NativeMachine::step(Context& self) noexcept {
  Verdict v = Verdict::kWait;
  Waiting* w = handle_.promise().waiting;
  if (w != nullptr && !w->poll(self, v)) return self.ending() ? Verdict::kDone : v;
  return resume(self);
}

void NativeMachine::close(Context&, bool) noexcept { handle_.destroy(); }

bool ReceiveAwait::poll(Context& self, Verdict& verdict) noexcept {
  if (try_take()) return true;
  self.set_wait(WaitReason::kMessage);
  verdict = self.budget_left() ? Verdict::kWait : Verdict::kMore;
  return false;
}

bool ReceiveForAwait::poll(Context& self, Verdict& verdict) noexcept {
  signal_ = self.next_signal();
  if (signal_ == nullptr) {
    self.set_wait(WaitReason::kMessage);
    verdict = Verdict::kWait;
    return false;
  }
  if (signal_->kind == SignalKind::kTimer && signal_->ref == timer_) {
    self.release(signal_);
    signal_ = nullptr;
  } else {
    self.stop_timer(timer_);
  }
  return true;
}

bool SleepAwait::poll(Context& self, Verdict& verdict) noexcept {
  if (Signal* s = self.next_matching(SignalKind::kTimer, timer_)) {
    self.release(s);
    return true;
  }
  self.set_wait(WaitReason::kSleep);
  verdict = Verdict::kWait;
  return false;
}

bool YieldAwait::poll(Context&, Verdict& verdict) noexcept {
  verdict = Verdict::kMore;
  return true;
}

bool CallAwait::poll(Context& self, Verdict& verdict) noexcept {
  signal_ = self.next_matching(SignalKind::kCompletion, ref_);
  if (signal_ != nullptr) return true;
  self.set_wait(WaitReason::kCall);
  verdict = Verdict::kWait;
  return false;
}

std::string_view Message::topic() const noexcept {
  ValueReader r;
  return r.open_body(body()).ok() ? r.topic() : std::string_view{};
}

int64_t Message::integer() const noexcept {
  ValueReader r;
  if (!r.open_body(body()).ok() || r.payload_count() == 0) return 0;
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : 0;
}

Status send(Context& self, Pid to, std::string_view topic, int64_t value) noexcept {
  // varint length, topic, one payload: the two integer forms of mailbox/values.hpp
  if (topic.size() > 15) return Status::error(ErrorKind::kInvalid, "topic too long for the scalar form");
  char body[32];
  char* at = body;
  *at++ = static_cast<char>(topic.size());
  for (const char c : topic) *at++ = c;
  *at++ = 1;
  if (value >= 0 && value < static_cast<int64_t>(value_format::kSmallIntegers)) {
    *at++ = static_cast<char>(value_format::kTagSmallInteger + value);
  } else {
    *at++ = static_cast<char>(value_format::kTagInteger);
    uint64_t z = value_format::zigzag(value);
    for (; z >= 0x80; z >>= 7) *at++ = static_cast<char>(z | 0x80);
    *at++ = static_cast<char>(z);
  }
  return self.send(to, body, static_cast<std::size_t>(at - body));
}

}  // namespace wippy
