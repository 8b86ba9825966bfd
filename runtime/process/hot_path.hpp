// What happens once per message, inline, for code that is compiled with it (runtime/process/coroutine.hpp). Context's own
// functions are these, called.
//
// Thread-safety: as Context: the worker that runs the process, inside a step.
#pragma once

#include "runtime/process/node_core.hpp"
#include "runtime/process/points.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"

namespace wippy {

struct HotPath {
  static Process& process(Context& c) noexcept { return static_cast<Process&>(c); }

  static bool charge(Process& p, uint32_t n) noexcept {
    if (p.budget_ < n) {
      p.budget_ = 0;
      return false;
    }
    p.budget_ = static_cast<uint16_t>(p.budget_ - n);
    return true;
  }
  static bool budget_left(const Process& p) noexcept { return p.budget_ != 0; }
  static bool ending(const Process& p) noexcept { return p.ending_; }
  static void set_wait(Process& p, WaitReason r) noexcept { p.show(r, true); }

  static Signal* next_signal(Process& p) noexcept {
    if (__builtin_expect(p.ending_ || p.kept_first_ != nullptr, 0)) return next_kept(p);
    const MailboxTail::Popped popped = p.tail_.pop();
    if (popped.node == nullptr) return nullptr;
    auto* const s = static_cast<Signal*>(popped.node);
    auto* const old = static_cast<Signal*>(popped.released);
    const MailNode* const stub = p.head_.stub();
    // A message behind a message that nobody holds any more: no call but as the last thing, so no register is saved.
    if (__builtin_expect(popped.node == stub || popped.released == stub || s->kind != SignalKind::kMessage ||
                             (old->flags & Signal::kHeld) != 0 || !slab_try_free(old, old->slab_class),
                         0)) {
      return take_with_care(p, popped);
    }
    s->flags |= Signal::kIsDummy | Signal::kHeld;
    points::taken(p.identity_, *s, SignalKind::kMessage);
    return s;
  }
  static Signal* take_signal(Process& p) noexcept { return charge(p, 1) ? next_signal(p) : nullptr; }
  static void release(Process& p, Signal* s) noexcept { p.drop_signal(s); }

  // Context::finish(ExitReason::normal()).
  static void finish_normally(Process& p) noexcept { p.finished_ |= !p.ending_; }

  // A coroutine frame: in the process's own block if it fits and is free, else elsewhere. One byte behind the frame says
  // which, so that free_frame needs no more than operator delete gets.
  static void* allocate_frame(Process& p, std::size_t bytes) noexcept {
    if (bytes >= Process::kFrameBytes || p.frame_used_) return allocate_large_frame(bytes);
    p.frame_used_ = true;
    p.frame_[bytes] = kInBlock;
    return p.frame_;
  }
  static void free_frame(void* f, std::size_t bytes) noexcept {
    if (static_cast<char*>(f)[bytes] != kInBlock) return free_large_frame(f, bytes);
    Process::from_frame(f)->frame_used_ = false;
  }

  static Delivery send(Pid to, Signal* s) noexcept {
    points::sent(to, *s);
    return t_this_thread.node->deliver_message(to, s, nullptr);
  }

 private:
  enum FrameOrigin : char { kInBlock = 1, kInSlab = 2, kInHeap = 3 };
  static void* allocate_large_frame(std::size_t bytes) noexcept;  // coroutine.cpp; null: out of memory
  static void free_large_frame(void* f, std::size_t bytes) noexcept;
  [[gnu::noinline]] static Signal* next_kept(Process& p) noexcept {
    if (p.ending_ || p.stalled_) return nullptr;
    Signal* const s = p.kept_first_;
    p.kept_first_ = s->link();
    if (p.kept_first_ == nullptr) p.kept_last_ = nullptr;
    p.forget_kept(s);
    return s;
  }
  // Goes on where next_signal has popped, with whatever it found.
  [[gnu::noinline]] static Signal* take_with_care(Process& p, MailboxTail::Popped popped) noexcept {
    for (; popped.node != nullptr; popped = p.tail_.pop()) {
      Signal* const s = p.settle(popped);
      if (s == nullptr) continue;
      Signal* const mine = p.admit(s);
      if (p.ending_) return drop_last(p, mine);
      if (mine != nullptr || p.stalled_) return mine;
    }
    return nullptr;
  }
  [[gnu::noinline]] static Signal* drop_last(Process& p, Signal* s) noexcept {
    if (s == nullptr) return nullptr;
    points::dropped(*s);
    p.drop_signal(s);
    return nullptr;
  }
};

}  // namespace wippy
