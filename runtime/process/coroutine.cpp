#include "runtime/process/coroutine.hpp"

#include "runtime/process/process.hpp"
#include "runtime/sim/counted.hpp"
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
  const Waiting* waiting = handle_.promise().waiting;
  self.set_wait(waiting == nullptr ? WaitReason::kMessage : waiting->reason());
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

namespace {

// The two integer forms of mailbox/values.hpp behind a short topic, written straight into an inline body.
constexpr std::size_t kLongestShortTopic = 15;
static_assert(1 + kLongestShortTopic + 1 + 1 + kMaxVarintBytes <= kInlineBody);

char* put_integer(char* at, int64_t value) noexcept {
  if (value >= 0 && value < static_cast<int64_t>(kSmallIntegers)) {
    *at++ = static_cast<char>(kTagSmallInteger + value);
    return at;
  }
  *at++ = static_cast<char>(Token::kInteger);
  uint64_t z = zigzag(value);
  for (; z >= 0x80; z >>= 7) *at++ = static_cast<char>(z | 0x80);
  *at++ = static_cast<char>(z);
  return at;
}

int64_t integer_of(std::string_view body) noexcept {
  ValueReader r;
  if (!r.open_body(body).ok() || r.payload_count() == 0) return 0;
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : 0;
}

}  // namespace

// What send() below writes is read without a reader; any other body, and any doubt, goes to the reader.
int64_t Message::integer() const noexcept {
  const std::string_view b = body();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(b[i]); };
  if (b.size() < 3) return integer_of(b);
  const std::size_t tag_at = std::size_t{byte(0)} + 2;
  if (byte(0) > kLongestShortTopic || tag_at >= b.size() || byte(tag_at - 1) != 1) return integer_of(b);
  const unsigned char tag = byte(tag_at);
  if (tag >= kTagSmallInteger && tag_at + 1 == b.size()) return tag - kTagSmallInteger;
  if (static_cast<Token>(tag) != Token::kInteger || b.size() - tag_at > 9)
    return integer_of(b);  // at most 8 groups of 7 bits
  uint64_t z = 0;
  std::size_t i = tag_at + 1;
  for (uint32_t shift = 0; i < b.size(); ++i, shift += 7) {
    z |= uint64_t{byte(i) & 0x7fu} << shift;
    if (byte(i) < 0x80) break;
  }
  const int64_t value = unzigzag(z);
  const bool one_form = value < 0 || value >= static_cast<int64_t>(kSmallIntegers);
  return i + 1 == b.size() && byte(i) != 0 && one_form ? value : integer_of(b);
}

Status send(Context& self, Pid to, std::string_view topic, int64_t value) noexcept {
  if (topic.size() > kLongestShortTopic)
    return Status::error(ErrorKind::kInvalid, "topic too long for the scalar form");
  Signal* s = make_bare_signal(SignalKind::kMessage, self.pid(), 0);
  if (s == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  char* at = s->inline_body;
  *at++ = static_cast<char>(topic.size());
  for (const char c : topic) *at++ = c;
  *at++ = 1;  // one payload
  at = put_integer(at, value);
  s->body_bytes = static_cast<uint32_t>(at - s->inline_body);
  count(Counted::kCopy, s->body_bytes);
  return self.send_signal(to, s);
}

}  // namespace wippy
