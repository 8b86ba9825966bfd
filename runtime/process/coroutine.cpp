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
    const uint64_t spread = (z & 0x7f) | (z & 0x3f80) << 1 | (z & 0x1fc000) << 2 | (z & 0xfe00000) << 3;
    const auto last = static_cast<uint32_t>((std::bit_width(z | 1) - 1) / 7);  // index of the last byte
    const auto word = static_cast<uint32_t>(spread | (0x80808080u & ((uint64_t{1} << (8 * last)) - 1)));
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
  const std::string_view b = body();
  const std::size_t tag_at = b.empty() ? kInlineBody : std::size_t{static_cast<unsigned char>(b[0])} + 2;
  const bool ours = b.size() <= kInlineBody && tag_at + 1 < b.size() && tag_at + 1 + sizeof(uint64_t) <= kInlineBody &&
                    (s_->flags & Signal::kExternal) == 0 && b[tag_at - 1] == 1 &&
                    static_cast<Token>(static_cast<unsigned char>(b[tag_at])) == Token::kInteger;
  if (!ours) return integer_of(b);
  uint64_t w = 0;  // all of it lies in the block; what is behind the body does not count
  std::memcpy(&w, b.data() + tag_at + 1, sizeof w);
  const uint64_t stops = ~w & 0x8080808080808080u;
  const auto last = stops == 0 ? 8u : static_cast<uint32_t>(std::countr_zero(stops)) / 8;
  if (last > 3 || tag_at + 2 + last != b.size()) return integer_of(b);
  w &= (uint64_t{1} << (8 * last + 8)) - 1;
  const uint64_t z = (w & 0x7f) | ((w >> 1) & 0x3f80) | ((w >> 2) & 0x1fc000) | ((w >> 3) & 0xfe00000);
  const int64_t value = unzigzag(z);
  const bool one_form =
      (last == 0 || (w >> (8 * last)) != 0) && (value < 0 || value >= static_cast<int64_t>(kSmallIntegers));
  return one_form ? value : integer_of(b);
}

}  // namespace wippy
