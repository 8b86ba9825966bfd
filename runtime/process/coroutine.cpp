#include "runtime/process/coroutine.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>

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

Verdict NativeMachine::init(Context& self) noexcept { return resume(self); }

Verdict NativeMachine::step(Context& self) noexcept {
  Verdict v = Verdict::kWait;
  Waiting* w = handle_.promise().waiting;
  if (w != nullptr) {
    const bool ready = w->is_receive() ? static_cast<ReceiveAwait*>(w)->ReceiveAwait::poll(self, v) : w->poll(self, v);
    if (!ready) return HotPath::ending(HotPath::process(self)) ? Verdict::kDone : v;
  }
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

// A varint of at most 28 bits in one store. `at` has four bytes of room; that is all of an inline body's integers but the huge.
char* put_larger_integer(char* at, int64_t value) noexcept {
  *at++ = static_cast<char>(Token::kInteger);
  uint64_t z = zigzag(value);
  if (z < (uint64_t{1} << 28)) {
    const auto pairs = static_cast<uint32_t>((z & 0x3fff) | (z & 0xfffc000) << 2);  // 14 bits a half, then 7 a byte
    const uint32_t spread = (pairs & 0x7f007f) | (pairs & 0x3f803f80) << 1;
    const uint32_t last = (z >= 1u << 7) + (z >= 1u << 14) + (z >= 1u << 21);  // index of the last byte
    const uint32_t word = spread | (0x808080u & ((1u << (8 * last)) - 1));
    std::memcpy(at, &word, sizeof word);
    return at + last + 1;
  }
  for (; z >= 0x80; z >>= 7) *at++ = static_cast<char>(z | 0x80);
  *at++ = static_cast<char>(z);
  return at;
}

Status send_refused(Delivery d) noexcept {
  return d == Delivery::kFull ? Status::error(ErrorKind::kRateLimited, "mailbox is full", true)
                              : Status::error(ErrorKind::kNotFound, "process not found");
}

namespace {

int64_t integer_of(std::string_view body) noexcept {
  ValueReader r;
  if (!r.open_body(body).ok() || r.payload_count() == 0) return 0;
  const ValueItem& item = r.next();
  return item.token == Token::kInteger ? item.integer : 0;
}

}  // namespace

// What send() writes is read without a reader; any other body, and any doubt, goes to the reader.
int64_t Message::larger_integer() const noexcept {
  const char* const b = s_->inline_body;
  const std::size_t tag_at = std::size_t{static_cast<unsigned char>(b[0])} + 2;
  const std::size_t last = s_->body_bytes - tag_at - 2;  // index of the varint's last byte
  const bool ours = (s_->flags & Signal::kExternal) == 0 && tag_at <= kLongestShortTopic + 2 && last <= 3 &&
                    b[tag_at - 1] == 1 && static_cast<Token>(static_cast<unsigned char>(b[tag_at])) == Token::kInteger;
  if (!ours) return integer_of(body());
  uint32_t w = 0;  // all of it lies in the block; what is behind the body does not count
  static_assert(kLongestShortTopic + 2 + 1 + sizeof w <= kInlineBody);
  std::memcpy(&w, b + tag_at + 1, sizeof w);
  w &= ~uint32_t{0} >> (24 - 8 * last);
  const uint32_t more = 0x80808080u >> (24 - 8 * last);  // "a byte follows": set in all but the last
  if ((w & more) != more >> 8 || (last != 0 && w >> (8 * last) == 0)) return integer_of(body());
  const uint32_t pairs = (w & 0x7f007f) | (w & 0x7f007f00) >> 1;
  const int64_t value = unzigzag((pairs & 0x3fff) | (pairs >> 2 & 0xfffc000));
  return value < 0 || value >= static_cast<int64_t>(kSmallIntegers) ? value : integer_of(body());
}

}  // namespace wippy
