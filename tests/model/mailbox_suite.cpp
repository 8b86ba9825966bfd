// mailbox/mailbox.hpp with the run, rest and requeue rules of runtime/process/process.cpp: every letter once, in each sender's
// order; the process in at most one run queue; what one worker wrote seen by the next; no letter left in an idle process.
#include "mailbox/mailbox.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

struct Letter : MailNode {
  Var<int> content{0, "content"};
  int number = 0;  // constant: sender * 10 + position
};

enum class Bug {
  kNone,
  kGapIsIdle,       // a gap ends the run without the tag
  kAlwaysSubmit,    // every push submits
  kNeverSubmit,     // the tag is not looked at
  kTouchAfterIdle,  // the owner still reads its state after going idle
  kNoRequeue,       // try_idle's failure is ignored
};

// The block of a process as far as messages go. Runs wherever the run queue is popped.
template <Bug B>
struct Mini {
  MailboxHead head;
  MailboxTail tail;
  Baton queue{1};  // the run queue; a new process is submitted by its creator
  Var<int> owner{0, "owner's state"};

  Mini() {
    head.reset();
    tail.reset(head);
  }
  void submit() { queue.give("in two run queues"); }
  void push(MailNode* first, MailNode* last) {
    const bool must = head.push(first, last) == PushResult::kMustSubmit;
    if (B == Bug::kNeverSubmit) return;
    if (must || B == Bug::kAlwaysSubmit) submit();
  }
  Letter* pop() {
    for (;;) {
      const MailboxTail::Popped p = tail.pop();
      if (p.node == nullptr) return nullptr;
      if (p.node != head.stub()) return static_cast<Letter*>(p.node);
    }
  }
  // Process::rest; requeue is submit() by the worker itself.
  void rest(bool stub_again) {
    MailNode* dummy = tail.dummy();
    if (stub_again && dummy != head.stub() && head.nothing_behind(dummy)) {
      check(head.push(head.stub(), head.stub()) == PushResult::kQueued, "idle while running");
    }
    if (B == Bug::kGapIsIdle && tail.dummy()->next.load_acquire() == nullptr && !head.nothing_behind(tail.dummy()))
      return;
    if (head.try_idle(tail.dummy())) {
      if (B == Bug::kTouchAfterIdle) static_cast<void>(owner.get());
      return;
    }
    if (B == Bug::kNoRequeue) return;
    // The requeue: behind everything else that is runnable, in other words when the producer in the gap has gone on.
    wait_until([&] { return tail.dummy()->next.load_relaxed() != nullptr; });
    submit();
  }
};

// Senders push `Each` letters one by one, or as one chain; Workers compete for the process.
template <int Senders, int Each, int Workers, bool Chain, bool StubAgain, Bug B = Bug::kNone>
struct Delivery {
  static constexpr int kThreads = Senders + Workers;
  Letter letter[Senders][Each];
  Mini<B> process;
  int got = 0;  // owner-only; the race check is on process.owner
  int last[Senders];

  Delivery() {
    for (int s = 0; s < Senders; ++s) {
      last[s] = -1;
      for (int i = 0; i < Each; ++i) letter[s][i].number = s * 10 + i;
    }
  }
  void send(int s) {
    for (int i = 0; i < Each; ++i) {
      letter[s][i].content.set(letter[s][i].number + 5);
      if (Chain) {
        if (i > 0) letter[s][i - 1].next.store_relaxed(&letter[s][i]);
      } else {
        process.push(&letter[s][i], &letter[s][i]);
      }
    }
    if (Chain) process.push(&letter[s][0], &letter[s][Each - 1]);
  }
  void run() {
    process.owner.set(process.owner.get() + 1);
    while (Letter* l = process.pop()) {
      check(l->content.get() == l->number + 5, "content not the sender's");
      const int s = l->number / 10;
      check(l->number % 10 == last[s] + 1, "a sender's order");
      last[s] = l->number % 10;
      ++got;
    }
    const bool all = got == Senders * Each;
    process.rest(StubAgain);
    if (all) process.queue.close();
  }
  void thread(int id) {
    if (id < Senders) return send(id);
    while (process.queue.take()) run();
  }
  void finish() { check(got == Senders * Each, "letter lost"); }
};

// A letter may be freed or reused once the queue has given it back as a former dummy, and not before.
struct Release {
  static constexpr int kThreads = 2;
  Letter letter[2];
  Mini<Bug::kNone> process;
  int got = 0;
  Release() {
    letter[0].number = 0;
    letter[1].number = 1;
  }
  void thread(int id) {
    if (id == 0) {
      for (Letter& l : letter) {
        l.content.set(1);
        process.push(&l, &l);
      }
      return;
    }
    while (got < 2 && process.queue.take()) {
      for (;;) {
        const MailboxTail::Popped p = process.tail.pop();
        if (p.node == nullptr) break;
        static_cast<void>(static_cast<Letter*>(p.node)->content.get());
        ++got;
        if (p.released == process.head.stub()) continue;
        auto* old = static_cast<Letter*>(p.released);
        old->content.set(77);                        // the next owner of the memory writes
        new (static_cast<MailNode*>(old)) MailNode;  // also where the queue had its link
      }
      process.rest(false);
    }
  }
};

const char* const kPopAcquires =
    "after success nothing is touched, after failure the next pop acquires what it reaches, (3)";

const Suite suite("mailbox", [](Suite& s) {
  s.verify<Delivery<2, 1, 1, false, false>>("2 senders, 1 worker", {.bound = 5});
  s.verify<Delivery<2, 2, 1, false, false>>("2 senders x 2, 1 worker", {.bound = 2});
  s.verify<Delivery<2, 2, 1, true, false>>("2 chains of 2, 1 worker", {.bound = 3});
  s.verify<Delivery<1, 2, 2, false, false>>("1 sender x 2, 2 workers", {.bound = 3});
  s.verify<Delivery<2, 1, 2, false, false>>("2 senders, 2 workers", {.bound = 2});
  s.verify<Delivery<2, 1, 1, false, true>>("2 senders, stub put back at rest", {.bound = 3});
  s.verify<Release>("former dummies are free", {.bound = 4});
  s.planted<Delivery<2, 1, 1, false, false, Bug::kGapIsIdle>>("gap ends the run", {.bound = 3}, "deadlock");
  s.planted<Delivery<2, 1, 1, false, false, Bug::kAlwaysSubmit>>("every push submits", {.bound = 3}, "two run queues");
  s.planted<Delivery<1, 1, 1, false, false, Bug::kNeverSubmit>>("nobody submits", {.bound = 3}, "deadlock");
  s.planted<Delivery<1, 1, 2, false, false, Bug::kTouchAfterIdle>>("touched after going idle", {.bound = 3},
                                                                   "data race");
  s.planted<Delivery<1, 1, 1, false, false, Bug::kNoRequeue>>("failed try_idle ignored", {.bound = 3}, "deadlock");
  s.weakenings("every order weakened",
               {Suite::scenario<Delivery<1, 2, 2, false, false>>({.bound = 2}),
                Suite::scenario<Delivery<2, 1, 1, false, false>>({.bound = 3}), Suite::scenario<Release>({.bound = 3})},
               {"mailbox/mailbox.hpp"},
               {{"try_idle: cas_strong_acq_rel without acquire", kPopAcquires},
                {"try_idle: cas_strong_acq_rel failing without acquire", kPopAcquires}});
});

}  // namespace
