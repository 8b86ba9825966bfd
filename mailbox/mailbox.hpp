// The mailbox of a process: Vyukov's intrusive MPSC queue (1024cores.net), where the node last taken serves as the dummy
// and the nodes are the signals themselves. Bit 0 of the head word says that the owner is idle (Pony's messageq.c,
// rulings S2): the exchange that enqueues also decides who submits, so there is no state word.
//
//   n | 0 --push-->      m | 0      producer; nobody to wake
//   n | 1 --push-->      m | 0      producer; it must submit the process: kMustSubmit
//   n | 0 --try_idle-->  n | 1      owner, only if n is its tail: queue empty. A new process starts with the stub | 0.
// Gap: between (1) and (2) head has moved but nothing new can be reached. pop() reports empty, try_idle() fails; the owner
// requeues itself at the FIFO end: it neither spins nor idles over a gap. For it the queue is not lock-free.
// Pairs:  (2) link store-release -> (3) pop load-acquire: the node's content.
//         (4) try_idle release   -> (1) push acquire: what the owner did before idling, for the next run.
// Argument and model: docs/internals/mailbox.md.
#pragma once

#include <cstdint>

#include "memory/atomic.hpp"

namespace wippy {

struct MailNode {
  Atomic<MailNode*> next{nullptr};  // written by the producer of the following node
};

enum class [[nodiscard]] PushResult : uint8_t{
    kQueued,      // the owner is runnable or running: nothing to do
    kMustSubmit,  // the owner was idle: the caller must submit it, exactly once
};

// The producers' side: one word they write, and the first dummy.
class MailboxHead {
 public:
  // Owner, before publication.
  void reset() noexcept {
    stub_.next.store_relaxed(nullptr);
    head_.store_relaxed(to_word(&stub_));
  }
  // Any thread, inside a reader section. Links first..last (already linked by relaxed stores) behind what is there.
  PushResult push(MailNode* first, MailNode* last) noexcept {
#if defined(WIPPY_GATE_INJECT)
    asm volatile("nop\n\tnop");  // the count gate's self-test: it must notice two instructions (bench/gate)
#endif
    last->next.store_relaxed(nullptr);                               // published by (2)
    const uintptr_t before = head_.exchange_acq_rel(to_word(last));  // (1); acquire: partner (4)
    to_node(before & ~kIdleTag)->next.store_release(first);          // (2) -> (3)
    return (before & kIdleTag) != 0 ? PushResult::kMustSubmit : PushResult::kQueued;
  }
  // Owner. False: something was pushed (perhaps not yet linked); the process stays runnable.
  [[nodiscard]] bool try_idle(MailNode* tail) noexcept {
    uintptr_t expected = to_word(tail);
    if (head_.load_relaxed() != expected) return false;  // a hint, saves the CAS
#if defined(WIPPY_SIM)
    if (sim::planted(sim::Bug::kBlindIdle)) return head_.store_release(expected | kIdleTag), true;
#endif
    return head_.cas_strong_acq_rel(expected, expected | kIdleTag);  // (4)
  }
  // Owner: nothing pushed behind `tail` so far (a gap counts as pushed).
  bool nothing_behind(const MailNode* tail) const noexcept { return head_.load_relaxed() == to_word(tail); }
  // Retirer: true when the owner has gone idle; then its plain fields may be read. Acquire: partner (4).
  bool idle_acquire() const noexcept { return (head_.load_acquire() & kIdleTag) != 0; }
  // Observers: is the owner idle?
  bool idle_estimate() const noexcept { return (head_.load_relaxed() & kIdleTag) != 0; }
  MailNode* stub() noexcept { return &stub_; }

 private:
  static constexpr uintptr_t kIdleTag = 1;
  static uintptr_t to_word(const MailNode* n) noexcept { return reinterpret_cast<uintptr_t>(n); }
  static MailNode* to_node(uintptr_t w) noexcept { return reinterpret_cast<MailNode*>(w); }

  Atomic<uintptr_t> head_{0};
  MailNode stub_;
};

// The owner's side. Plain data: only whoever runs the process touches it.
class MailboxTail {
 public:
  struct Popped {
    MailNode* node;      // the next node, null when empty or in a gap; it stays the queue's dummy until the next pop
    MailNode* released;  // the former dummy, no longer used by the queue
  };

  void reset(MailboxHead& head) noexcept { tail_ = head.stub(); }
  Popped pop() noexcept {
    MailNode* const next = tail_->next.load_acquire();  // (3)
    if (next == nullptr) return {nullptr, nullptr};
    MailNode* const old = tail_;
    tail_ = next;
    return {next, old};
  }
  MailNode* dummy() const noexcept { return tail_; }

 private:
  MailNode* tail_ = nullptr;
};

}  // namespace wippy
