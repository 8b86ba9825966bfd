// Native processes: C++20 coroutines.
//
//   Behavior echo(Context& self) {
//     for (;;) {
//       Message m = co_await receive(self);
//       if (m.kind() == SignalKind::kCancel) co_return;
//       send(self, m.from(), "reply", 42);
//     }
//   }
//   SpawnResult r = spawn_native(self, {}, echo);          // further arguments follow
//
// The first parameter is Context&, the others are moved into the frame, which lies in the process's own block when it has
// at most 128 bytes, else in the slab. The awaitables below are the only ones, beside those of runtime/native. Each charges
// the budget; a coroutine that is out of budget is resumed in its next turn. A process's exceptions end that process: a
// ProcessError with its kind, others with an INTERNAL error.
//
// A step always returns to the worker: no symmetric transfer between processes.
#pragma once

#include <coroutine>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mailbox/values.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/hot_path.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/sim/counted.hpp"

// g++ 12 pairs a coroutine's operator delete with the global operator new at the place of *use* and warns; the pragma must
// therefore reach the end of the including file.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace wippy {

// Topics up to this length and an integer fit an inline body, whatever the integer (mailbox/values.hpp).
inline constexpr std::size_t kLongestShortTopic = 15;
static_assert(1 + kLongestShortTopic + 1 + 1 + sizeof(int64_t) <= kInlineBody);

// A signal held by native code; released at the end of its life, which must lie within the process's.
class Message {
 public:
  Message() = default;
  Message(Context& self, Signal* s) noexcept : self_(&self), s_(s) {}
  Message(Message&& o) noexcept : self_(o.self_), s_(std::exchange(o.s_, nullptr)) {}
  Message& operator=(Message&& o) noexcept {
    if (this != &o) {
      reset();
      self_ = o.self_;
      s_ = std::exchange(o.s_, nullptr);
    }
    return *this;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { reset(); }

  explicit operator bool() const noexcept { return s_ != nullptr; }  // false: a timeout
  SignalKind kind() const noexcept { return s_->kind; }
  Pid from() const noexcept { return s_->from; }
  uint64_t ref() const noexcept { return s_->ref; }  // not for kMessage
  bool abnormal() const noexcept { return (s_->flags & Signal::kAbnormal) != 0; }
  std::string_view body() const noexcept { return {s_->body(), s_->body_bytes}; }
  std::string_view topic() const noexcept;
  // The first payload when it is an integer, else 0. For anything else: ValueReader::open_body(body()).
  int64_t integer() const noexcept {
    // The two shorter forms that send() below writes. Any other body, and any doubt, is read with more care.
    const auto* b = reinterpret_cast<const unsigned char*>(s_->inline_body);
    const std::size_t tag_at = std::size_t{b[0]} + 2;
    if ((s_->flags & Signal::kExternal) != 0 || tag_at > kLongestShortTopic + 2 || b[tag_at - 1] != 1) {
      return integer_of(body());
    }
    const std::size_t behind_tag = s_->body_bytes - tag_at - 1;
    int32_t narrow = 0;
    if (behind_tag == sizeof narrow && b[tag_at] == static_cast<uint8_t>(Token::kInteger)) {
      std::memcpy(&narrow, b + tag_at + 1, sizeof narrow);
      if (!is_small(narrow)) return narrow;
    }
    return behind_tag == 0 && b[tag_at] >= kTagSmallInteger ? b[tag_at] - kTagSmallInteger : integer_of(body());
  }

 private:
  static int64_t integer_of(std::string_view body) noexcept;
  void reset() noexcept {
    if (s_ != nullptr) HotPath::release(HotPath::process(*self_), s_);
    s_ = nullptr;
  }
  Context* self_ = nullptr;
  Signal* s_ = nullptr;
};

// What a suspended coroutine waits for; lives in its frame.
class Waiting {
 public:
  // True: resume. False: `verdict` says why not.
  virtual bool poll(Context& self, Verdict& verdict) noexcept = 0;
  virtual WaitTarget waits_for() const noexcept { return {}; }
  WaitReason reason() const noexcept { return reason_; }
  bool is_receive() const noexcept { return is_receive_; }  // a ReceiveAwait

 protected:
  explicit Waiting(WaitReason reason, bool is_receive = false) noexcept : reason_(reason), is_receive_(is_receive) {}
  ~Waiting() = default;

 private:
  const WaitReason reason_;
  const bool is_receive_;
};

class Behavior {
 public:
  struct promise_type {  // NOLINT(readability-identifier-naming): the language names it
    template <class... Args>
    explicit promise_type(Context& context, Args&&...) noexcept : self(&context) {}
    template <class... Args>
    static void* operator new(std::size_t bytes, Context& context, Args&&...) noexcept {
      return HotPath::allocate_frame(HotPath::process(context), bytes);
    }
    // The same for a lambda: its closure comes first. Captures would dangle once the lambda is gone:
    // spawn_native refuses them.
    template <class Closure, class... Args>
    promise_type(Closure&&, Context& context, Args&&...) noexcept : self(&context) {}
    template <class Closure, class... Args>
    static void* operator new(std::size_t bytes, Closure&&, Context& context, Args&&...) noexcept {
      return HotPath::allocate_frame(HotPath::process(context), bytes);
    }
    static void operator delete(void* p, std::size_t bytes) noexcept { HotPath::free_frame(p, bytes); }

    static Behavior get_return_object_on_allocation_failure() noexcept { return Behavior{}; }
    Behavior get_return_object() noexcept { return Behavior{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() noexcept { HotPath::finish_normally(HotPath::process(*self)); }
    void unhandled_exception() noexcept;

    Context* self;
    Waiting* waiting = nullptr;
  };
  std::coroutine_handle<promise_type> handle;
};

class NativeMachine final : public Machine {
 public:
  explicit NativeMachine(Behavior b) noexcept : handle_(b.handle) {}
  Verdict init(Context& self) noexcept override;
  Verdict step(Context& self) noexcept override;
  void close(Context& self, bool killed) noexcept override;
  void inspect(Context& self, Inspection& out) noexcept override;

 private:
  Verdict resume(Context& self) noexcept;
  Verdict poll(Waiting& w, Context& self) noexcept;
  std::coroutine_handle<Behavior::promise_type> handle_;
};
static_assert(sizeof(NativeMachine) <= 16);

// --- awaitables

class [[nodiscard]] ReceiveAwait final : public Waiting {
 public:
  explicit ReceiveAwait(Context& self) noexcept : Waiting(WaitReason::kMessage, true), self_(self) {}
  bool await_ready() noexcept { return try_take(); }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept { h.promise().waiting = this; }
  Message await_resume() noexcept { return Message(self_, signal_); }
  bool poll(Context& self, Verdict& verdict) noexcept override;
  bool try_take() noexcept {
    signal_ = HotPath::take_signal(HotPath::process(self_));
    return signal_ != nullptr;
  }

 private:
  Context& self_;
  Signal* signal_ = nullptr;
};

// 0: memory is refused, and another turn is asked for: a wait may be late, but it ends.
uint64_t start_or_retry(Context& self, uint64_t delay_ns) noexcept;

class [[nodiscard]] ReceiveForAwait final : public Waiting {
 public:
  ReceiveForAwait(Context& self, uint64_t timeout_ns) noexcept
      : Waiting(WaitReason::kMessage), self_(self), timeout_ns_(timeout_ns) {}
  bool await_ready() noexcept {
    if (self_.charge(1)) signal_ = self_.next_signal();
    return signal_ != nullptr;
  }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept {
    timer_ = start_or_retry(self_, timeout_ns_);
    h.promise().waiting = this;
  }
  Message await_resume() noexcept { return Message(self_, signal_); }  // empty: timeout
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  Context& self_;
  const uint64_t timeout_ns_;
  uint64_t timer_ = 0;
  Signal* signal_ = nullptr;
};

class [[nodiscard]] SleepAwait final : public Waiting {
 public:
  SleepAwait(Context& self, uint64_t delay_ns) noexcept
      : Waiting(WaitReason::kSleep), self_(self), delay_ns_(delay_ns) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept {
    timer_ = start_or_retry(self_, delay_ns_);
    h.promise().waiting = this;
  }
  void await_resume() const noexcept {}
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  Context& self_;
  const uint64_t delay_ns_;
  uint64_t timer_ = 0;
};

class [[nodiscard]] YieldAwait final : public Waiting {
 public:
  explicit YieldAwait(Context& self) noexcept : Waiting(WaitReason::kNone), self_(self) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept {
    static_cast<void>(
        self_.charge(~uint32_t{0}));  // no budget left: the machine asks for another turn instead of waiting
    h.promise().waiting = this;
  }
  void await_resume() const noexcept {}
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  Context& self_;
};

// Runs `work(arg)` on the blocking pool; the result is its encoded message body, in a kCompletion. Empty: the pool refused.
class [[nodiscard]] CallAwait final : public Waiting {
 public:
  CallAwait(Context& self, std::string (*work)(void*), void* arg, void (*dispose)(void*)) noexcept
      : Waiting(WaitReason::kCall), self_(self), ref_(self.call(work, arg, dispose)) {
    if (ref_ == 0 && dispose != nullptr) dispose(arg);
  }
  // The answer may be there: calls may be started together and awaited one after the other.
  bool await_ready() noexcept {
    if (ref_ != 0) signal_ = self_.next_matching(SignalKind::kCompletion, ref_);
    return ref_ == 0 || signal_ != nullptr;
  }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept { h.promise().waiting = this; }
  Message await_resume() noexcept { return Message(self_, signal_); }
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  Context& self_;
  uint64_t ref_;
  Signal* signal_ = nullptr;
};

// Sends, and waits while the target's mailbox is full and its policy says so. Gives the Status of the send. `body` is copied
// before the first wait.
class [[nodiscard]] SendAwait final : public Waiting {
 public:
  SendAwait(Context& self, Pid to, std::string_view body) noexcept
      : Waiting(WaitReason::kRoom),
        self_(self),
        to_(to),
        status_(self.send_or_wait(to, body.data(), body.size(), wait_)) {}
  ~SendAwait() { self_.abandon_send(wait_); }
  SendAwait(const SendAwait&) = delete;
  SendAwait& operator=(const SendAwait&) = delete;
  bool await_ready() const noexcept { return wait_.timer == 0; }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept { h.promise().waiting = this; }
  Status await_resume() const noexcept { return status_; }
  WaitTarget waits_for() const noexcept override { return {to_, wait_.timer}; }
  bool poll(Context& self, Verdict& verdict) noexcept override;

 private:
  Context& self_;
  const Pid to_;
  SendWait wait_;
  Status status_;
};

inline ReceiveAwait receive(Context& self) noexcept { return ReceiveAwait(self); }
inline ReceiveForAwait receive_for(Context& self, uint64_t timeout_ns) noexcept { return {self, timeout_ns}; }
inline SleepAwait sleep_for(Context& self, uint64_t delay_ns) noexcept { return {self, delay_ns}; }
inline YieldAwait yield(Context& self) noexcept { return YieldAwait(self); }
inline SendAwait send_wait(Context& self, Pid to, std::string_view body) noexcept { return {self, to, body}; }
inline CallAwait call(Context& self, std::string (*work)(void*), void* arg, void (*dispose)(void*)) noexcept {
  return {self, work, arg, dispose};
}

// --- sending scalars without a writer: topic at most 15 bytes
Status send_refused(Delivery d) noexcept;

inline Status send(Context& self, Pid to, std::string_view topic, int64_t value) noexcept {
  if (topic.size() > kLongestShortTopic)
    return Status::error(ErrorKind::kInvalid, "topic too long for the scalar form");
  Signal* const s = make_bare_signal(SignalKind::kMessage, HotPath::process(self).identity(), 0);
  if (s == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  char* at = s->inline_body;
  *at++ = static_cast<char>(topic.size());
  for (const char c : topic) *at++ = c;
  *at++ = 1;  // one payload
  if (is_small(value)) {
    *at++ = static_cast<char>(kTagSmallInteger + value);
  } else {
    const bool narrow = is_narrow(value);
    *at++ = static_cast<char>(narrow ? Token::kInteger : Token::kWideInteger);
    std::memcpy(at, &value, sizeof value);  // lowest byte first; of a narrow one the upper half lies behind the body
    at += narrow ? sizeof(int32_t) : sizeof value;
  }
  s->body_bytes = static_cast<uint32_t>(at - s->inline_body);
  count(Counted::kCopy, s->body_bytes);
  const Delivery d = HotPath::send(to, s);
  return __builtin_expect(d == Delivery::kDelivered, 1) ? Status::good() : send_refused(d);
}

// Ends the process that throws it with an error of this kind.
class ProcessError final : public std::exception {
 public:
  ProcessError(ErrorKind kind, std::string message, bool retryable = false)
      : message_(std::move(message)), kind_(kind), retryable_(retryable) {}
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  ErrorKind kind() const noexcept { return kind_; }
  bool retryable() const noexcept { return retryable_; }

 private:
  std::string message_;
  ErrorKind kind_;
  bool retryable_;
};

// --- spawning
inline void put_native_machine(Context& child, Behavior b, Machine*& machine) noexcept {
  machine = new (HotPath::process(child).native_storage()) NativeMachine(b);
}

template <class F>
class NativeFactory final : public MachineFactory {
 public:
  explicit NativeFactory(F& start) : start_(start) {}
  Status create(Context& child, Machine*& machine, std::string&) override {
    Behavior b = start_(child);
    if (!b.handle) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
    put_native_machine(child, b, machine);
    return Status::good();
  }

 private:
  F& start_;
};

template <class F>
inline constexpr bool kStateless = std::is_empty_v<F> || std::is_pointer_v<F>;

// `fn(Context&, args...)` returns Behavior. The arguments are copied or moved into the child's frame.
template <class F, class... Args>
SpawnResult spawn_native(Context& self, const SpawnOptions& options, F fn, Args... args) {
  static_assert(kStateless<F>, "a behavior takes what it needs as arguments: captures would dangle");
  auto start = [&](Context& child) { return fn(child, std::move(args)...); };
  NativeFactory<decltype(start)> factory(start);
  return self.spawn(factory, options);
}
// From outside a worker.
template <class F, class... Args>
SpawnResult spawn_native(NodeCore& node, const SpawnOptions& options, F fn, Args... args) {
  static_assert(kStateless<F>, "a behavior takes what it needs as arguments: captures would dangle");
  auto start = [&](Context& child) { return fn(child, std::move(args)...); };
  NativeFactory<decltype(start)> factory(start);
  return node.spawn(factory, options);
}

}  // namespace wippy
