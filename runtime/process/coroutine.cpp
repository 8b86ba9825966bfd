#include "runtime/process/coroutine.hpp"

#include <cstdlib>

#include "runtime/process/process.hpp"
#include "runtime/sim/counted.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

void Behavior::promise_type::unhandled_exception() noexcept {
  try {
    throw;
  } catch (const ProcessError& e) {
    self->finish(ExitReason::failure(e.kind(), e.message(), e.retryable() ? Retryable::kYes : Retryable::kNo));
  } catch (const std::exception& e) {
    self->finish(ExitReason::failure(ErrorKind::kInternal, e.what()));
  } catch (...) {
    self->finish(ExitReason::failure(ErrorKind::kInternal, "unknown exception"));
  }
}

void* HotPath::allocate_large_frame(std::size_t bytes) noexcept {
  const bool in_slab = bytes < kSlabMaxBytes;
  char* const at = static_cast<char*>(in_slab ? slab_allocate(slab_class_of(bytes + 1)) : std::malloc(bytes + 1));
  if (at != nullptr) at[bytes] = in_slab ? kInSlab : kInHeap;
  return at;
}

void HotPath::free_large_frame(void* f, std::size_t bytes) noexcept {
  static_cast<char*>(f)[bytes] == kInSlab ? slab_free(f, slab_class_of(bytes + 1)) : std::free(f);
}

inline Verdict NativeMachine::resume(Context& self) noexcept {
  Process& p = HotPath::process(self);
  handle_.promise().waiting = nullptr;
  handle_.resume();
  if (handle_.done() || HotPath::ending(p)) return Verdict::kDone;
  // Suspended: the budget was spent, or what it waits for is not there. Which of the two, the awaitable knows.
  const Waiting* waiting = handle_.promise().waiting;
  HotPath::set_wait(p, waiting == nullptr ? WaitReason::kMessage : waiting->reason());
  return HotPath::budget_left(p) ? Verdict::kWait : Verdict::kMore;
}

Verdict NativeMachine::init(Context& self) noexcept {
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kEarlyMailLost)) {
    if (Signal* s = self.next_signal()) {
      s->kind == SignalKind::kMessage ? self.release(s) : self.unread(s);
    }
  }
#endif
  return resume(self);
}

Verdict NativeMachine::step(Context& self) noexcept {
  Waiting* const w = handle_.promise().waiting;
  const bool goes_on = w == nullptr || (w->is_receive() && static_cast<ReceiveAwait*>(w)->try_take());
  return goes_on ? resume(self) : poll(*w, self);
}

[[gnu::noinline]] Verdict NativeMachine::poll(Waiting& w, Context& self) noexcept {
  Verdict v = Verdict::kWait;
  if (w.poll(self, v)) return resume(self);
  return HotPath::ending(HotPath::process(self)) ? Verdict::kDone : v;
}

void NativeMachine::inspect(Context&, Inspection& out) noexcept {
  const Waiting* const w = handle_.promise().waiting;
  if (w != nullptr) out.waits_for = w->waits_for();
}

void NativeMachine::close(Context&, bool) noexcept { handle_.destroy(); }

bool ReceiveAwait::poll(Context& self, Verdict& verdict) noexcept {
  if (try_take()) return true;
  self.set_wait(reason());
  verdict = self.budget_left() ? Verdict::kWait : Verdict::kMore;
  return false;
}

uint64_t start_or_retry(Context& self, uint64_t delay_ns) noexcept {
  const uint64_t timer = self.start_timer(delay_ns);
  if (timer == 0) static_cast<void>(self.charge(~uint32_t{0}));
  return timer;
}

bool ReceiveForAwait::poll(Context& self, Verdict& verdict) noexcept {
  signal_ = self.next_signal();
  if (signal_ == nullptr) {
    if (timer_ == 0) timer_ = start_or_retry(self, timeout_ns_);
    self.set_wait(reason());
    verdict = timer_ != 0 ? Verdict::kWait : Verdict::kMore;
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
  if (timer_ == 0) timer_ = start_or_retry(self, delay_ns_);
  Signal* s = timer_ == 0 ? nullptr : self.next_matching(SignalKind::kTimer, timer_);
  if (s != nullptr) {
    self.release(s);
    return true;
  }
  self.set_wait(reason());
  verdict = timer_ != 0 ? Verdict::kWait : Verdict::kMore;
  return false;
}

bool YieldAwait::poll(Context&, Verdict& verdict) noexcept {
  verdict = Verdict::kMore;
  return true;
}

bool CallAwait::poll(Context& self, Verdict& verdict) noexcept {
  signal_ = self.next_matching(SignalKind::kCompletion, ref_);
  if (signal_ != nullptr) return true;
  self.set_wait(reason());
  verdict = Verdict::kWait;
  return false;
}

bool SendAwait::poll(Context& self, Verdict& verdict) noexcept {
  if (Signal* s = self.next_matching(SignalKind::kTimer, wait_.timer)) {
    self.release(s);
    status_ = self.send_again(to_, wait_);
    if (wait_.timer == 0) return true;
  }
  self.set_wait(reason());
  verdict = Verdict::kWait;
  return false;
}

std::string_view Message::topic() const noexcept {
  ValueReader r;
  return r.open_body(body()).ok() ? r.topic() : std::string_view{};
}

Status send_refused(Delivery d) noexcept {
  return d == Delivery::kFull ? Status::error(ErrorKind::kRateLimited, "mailbox is full", true)
                              : Status::error(ErrorKind::kNotFound, "process not found");
}

int64_t Message::integer_of(std::string_view body) noexcept {
  ValueReader r;
  if (!r.open_body(body).ok() || r.payload_count() == 0) return 0;
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : 0;
}

}  // namespace wippy
