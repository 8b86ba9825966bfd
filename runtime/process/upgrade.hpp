// Upgrade for native code: a coroutine goes on as another one, or as whatever a Successor makes.
//
//   Behavior v2(Context& self, State s);
//   Behavior v1(Context& self) {
//     ...
//     co_await become(self, v2, std::move(state));  // never comes back
//   }
//
// The frame of the old coroutine is destroyed, with everything in it, before the new one begins. Arguments must not point
// into it. What the process keeps and what ends: Context::replace_machine.
#pragma once

#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include "runtime/process/coroutine.hpp"

namespace wippy {

class [[nodiscard]] UpgradeAwait final : public Waiting {
 public:
  UpgradeAwait(Context& self, std::unique_ptr<Successor> next) noexcept
      : Waiting(WaitReason::kNone), self_(self), asked_(self.replace_machine(std::move(next))) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<Behavior::promise_type> h) noexcept {
    if (!asked_) static_cast<void>(self_.charge(~uint32_t{0}));  // another turn, which ends it
    h.promise().waiting = this;
  }
  void await_resume() const noexcept {}
  bool poll(Context&, Verdict& verdict) noexcept override {
    verdict = Verdict::kDone;  // only when it was not asked
    return false;
  }

 private:
  Context& self_;
  const bool asked_;  // false: out of memory, the process has finished
};

// A native machine from `fn(Context&, args...)`.
template <class F, class... Args>
class NativeSuccessor final : public Successor {
 public:
  NativeSuccessor(std::string_view entry, F fn, Args... args) : Successor(entry), fn_(fn), args_(std::move(args)...) {}
  Status create(Context& self, Machine*& machine, std::string& error_text) override {
    auto start = [this](Context& c) {
      return std::apply([&](Args&... args) { return fn_(c, std::move(args)...); }, args_);
    };
    NativeFactory<decltype(start)> factory(start);
    return factory.create(self, machine, error_text);
  }

 private:
  F fn_;
  std::tuple<Args...> args_;
};

inline UpgradeAwait become(Context& self, std::unique_ptr<Successor> next) noexcept { return {self, std::move(next)}; }
template <class F, class... Args>
requires std::is_invocable_r_v<Behavior, F, Context&, Args...> UpgradeAwait become(Context& self, F fn, Args... args) {
  static_assert(kStateless<F>, "a behavior takes what it needs as arguments: captures would dangle");
  return {self, std::unique_ptr<Successor>(new NativeSuccessor<F, Args...>({}, fn, std::move(args)...))};
}

}  // namespace wippy
