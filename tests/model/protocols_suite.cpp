// The protocols of the core in their smallest form, each with hand-planted logic mistakes that weakening an order cannot
// express. They test the checker (a checker that has never failed proves nothing) and record why each protocol is as it is.
// The production headers have suites of their own.
#include "memory/atomic.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using model::Aside;
using model::check;
using model::Suite;
using model::Var;
using model::wait_until;

// ---- Chase-Lev deque after Le, Pop, Cohen, Zappa Nardelli (PPoPP 2013), fixed size --------------------------------------
enum class DequeBug { kNone, kPushNoRelease, kPopNoFence, kStealNoFence, kPopNoCasOnLast };

template <DequeBug Bug>
struct Deque {
  Atomic<long> top{0}, bottom{0}, cell[4];

  void push(long x) {
    const long b = bottom.load_relaxed();
    static_cast<void>(top.load_acquire());
    cell[b & 3].store_relaxed(x);
    if (Bug != DequeBug::kPushNoRelease) fence_release();
    bottom.store_relaxed(b + 1);
  }
  long pop() {
    const long b = bottom.load_relaxed() - 1;
    bottom.store_relaxed(b);
    if (Bug != DequeBug::kPopNoFence) fence_seq_cst();
    long t = top.load_relaxed();
    if (t > b) {
      bottom.store_relaxed(b + 1);
      return 0;
    }
    long x = cell[b & 3].load_relaxed();
    if (t == b && Bug != DequeBug::kPopNoCasOnLast) {
      if (!top.cas_strong_seq_cst(t, t + 1)) x = 0;
      bottom.store_relaxed(b + 1);
    }
    return x;
  }
  long steal() {
    long t = top.load_acquire();
    if (Bug != DequeBug::kStealNoFence) fence_seq_cst();
    const long b = bottom.load_acquire();
    if (t >= b) return 0;
    const long x = cell[t & 3].load_relaxed();
    return top.cas_strong_seq_cst(t, t + 1) ? x : 0;
  }
};

template <DequeBug Bug, int Thieves, int Steals>
struct DequeScenario {
  static constexpr int kThreads = 1 + Thieves;
  Deque<Bug> d;
  Var<int> item[3];
  Aside<int> taken[3];

  void take(long x) {
    if (x == 0) return;
    check(item[x].get() == x * 10, "item not published");
    check(++taken[x] == 1, "item taken twice");
  }
  void thread(int id) {
    if (id > 0) {
      for (int i = 0; i < Steals; ++i) take(d.steal());
      return;
    }
    for (int i = 1; i <= 2; ++i) {
      item[i].set(i * 10);
      d.push(i);
    }
    take(d.pop());
    take(d.pop());
  }
  void finish() { check(taken[1] == 1 && taken[2] == 1, "item lost"); }
};

// ---- Vyukov's MPSC queue of numbered nodes, shared by the mailbox protocols --------------------------------------------
struct Queue {
  static constexpr int kNodes = 5;
  Atomic<int> next[kNodes];
  Var<int> payload[kNodes];
  Atomic<int> runq{0};
  int tail = 1;
  int got = 0;

  int pop() {
    const int n = next[tail].load_acquire();
    if (n != 0) tail = n;
    return n;
  }
  void drain() {
    while (const int n = pop()) {
      check(payload[n].get() == n * 7, "payload torn");
      ++got;
    }
  }
  void await_scheduled() {
    wait_until([&] { return runq.load_acquire() > 0; });
    check(runq.fetch_sub_acq_rel(1) == 1, "in two run queues");
  }
};

// A separate state word, exchanged by both sides: 0 idle, 1 scheduled.
enum class StateBug { kNone, kLinkRelaxed, kLastLookBeforeIdle };
template <StateBug Bug>
struct StateWord : Queue {
  static constexpr int kThreads = 3;
  Atomic<int> head{1}, state{0};
  void send(int n) {
    next[n].store_relaxed(0);
    const int before = head.exchange_acq_rel(n);
    Bug == StateBug::kLinkRelaxed ? next[before].store_relaxed(n) : next[before].store_release(n);
    if (state.exchange_acq_rel(1) == 0) static_cast<void>(runq.fetch_add_acq_rel(1));
  }
  bool pending() { return head.load_acquire() != tail; }
  void run() {
    for (;;) {
      drain();
      if (pending()) {
        wait_until([&] { return next[tail].load_acquire() != 0; });
        continue;
      }
      if (Bug == StateBug::kLastLookBeforeIdle) return state.store_release(0);
      static_cast<void>(state.exchange_acq_rel(0));
      if (!pending() || state.exchange_acq_rel(1) != 0) return;
    }
  }
  void thread(int id) {
    if (id < 2) {
      payload[id + 2].set((id + 2) * 7);
      return send(id + 2);
    }
    while (got < 2) {
      await_scheduled();
      run();
    }
  }
};

// NOTIFIED and RUNNING bits (Tokio). The author of core.md expected a relaxed begin-run to be harmless; it is not.
enum class BitsBug { kNone, kNotifyBeforeLink, kBeginRunRelaxed, kEndRunBlind };
template <BitsBug Bug>
struct StateBits : Queue {
  static constexpr int kThreads = 3;
  static constexpr int kNotified = 1;
  static constexpr int kRunning = 2;
  Atomic<int> head{1}, bits{0};
  void notify() {
    int old = bits.load_relaxed();
    while (!bits.cas_strong_acq_rel(old, old | kNotified)) {
    }
    if ((old & (kNotified | kRunning)) == 0) static_cast<void>(runq.fetch_add_acq_rel(1));
  }
  void send(int n) {
    next[n].store_relaxed(0);
    const int before = head.exchange_acq_rel(n);
    if (Bug == BitsBug::kNotifyBeforeLink) notify();
    next[before].store_release(n);
    if (Bug != BitsBug::kNotifyBeforeLink) notify();
  }
  void thread(int id) {
    if (id < 2) {
      payload[id + 2].set((id + 2) * 7);
      return send(id + 2);
    }
    while (got < 2) {
      await_scheduled();
      static_cast<void>(Bug == BitsBug::kBeginRunRelaxed ? bits.exchange_relaxed(kRunning)
                                                         : bits.exchange_acq_rel(kRunning));
      drain();
      int old = kRunning;
      if (Bug == BitsBug::kEndRunBlind) {
        bits.store_release(0);
      } else if (!bits.cas_strong_acq_rel(old, 0)) {
        static_cast<void>(bits.exchange_acq_rel(kNotified));
        static_cast<void>(runq.fetch_add_acq_rel(1));
      }
    }
  }
};

// The idle tag in the head (Pony; rulings S2), 100 + node. kSubmitBeforeLink is harmless here: the consumer requeues itself
// over the gap. It is kept as a passing case, because the order in the code is then a matter of taste, not of correctness.
enum class TagBug { kNone, kSubmitBeforeLink, kBlindIdle, kLinkRelaxed, kGapEndsRun, kSendNoAcquire };
template <TagBug Bug>
struct TaggedHead : Queue {
  static constexpr int kThreads = 3;
  static constexpr int kTag = 100;
  Atomic<int> head{kTag + 1};
  void submit() { static_cast<void>(runq.fetch_add_acq_rel(1)); }
  void send(int n) {
    next[n].store_relaxed(0);
    int before = head.exchange_acq_rel(n);
    const bool wake = before > kTag;
    if (wake) before -= kTag;
    if (wake && Bug == TagBug::kSubmitBeforeLink) submit();
    Bug == TagBug::kLinkRelaxed ? next[before].store_relaxed(n) : next[before].store_release(n);
    if (wake && Bug != TagBug::kSubmitBeforeLink) submit();
  }
  void thread(int id) {
    if (id < 2) {
      payload[id + 2].set((id + 2) * 7);
      return send(id + 2);
    }
    while (got < 2) {
      await_scheduled();
      run();
    }
  }
  void run() {
    for (;;) {
      drain();
      if (Bug == TagBug::kBlindIdle) return head.store_release(tail + kTag);
      if (Bug == TagBug::kGapEndsRun && head.load_acquire() != tail) return;
      int expected = tail;
      if (head.cas_strong_acq_rel(expected, tail + kTag)) return;
      wait_until([&] { return next[tail].load_acquire() != 0; });  // stands for "requeue myself"
    }
  }
};

// ---- Parking: "publish work, look for sleepers" against "announce sleep, look for work" -----------------------------------
enum class ParkBug { kNone, kSubmitNoFence, kSleepNoFence, kLookBeforeAnnounce };
template <ParkBug Bug>
struct Park {
  static constexpr int kThreads = 2;
  Atomic<int> work{0}, sleepers{0}, epoch{0};
  void thread(int id) {
    if (id == 0) {
      work.store_relaxed(1);
      if (Bug != ParkBug::kSubmitNoFence) fence_seq_cst();
      if (sleepers.load_relaxed() != 0) static_cast<void>(epoch.fetch_add_acq_rel(1));
      return;
    }
    const int seen = epoch.load_acquire();
    if (Bug == ParkBug::kLookBeforeAnnounce && work.load_relaxed() != 0) return;
    static_cast<void>(sleepers.fetch_add_relaxed(1));
    if (Bug != ParkBug::kSleepNoFence) fence_seq_cst();
    if (Bug != ParkBug::kLookBeforeAnnounce && work.load_relaxed() != 0) return;
    wait_until([&] { return epoch.load_acquire() != seen; });
  }
};

// ---- Reader sections: erase, barrier, look at the flag (rulings S4) ------------------------------------------------------
enum class SectionBug { kNone, kReaderNoFence, kRetirerNoFence, kEndRelaxed, kLookBeforeErase };
template <SectionBug Bug>
struct ReaderSections {
  static constexpr int kThreads = 2;
  Atomic<int> slot{1}, inside{0};
  Var<int> object{5, "object"};
  void thread(int id) {
    if (id == 0) {
      inside.store_relaxed(1);
      if (Bug != SectionBug::kReaderNoFence) fence_light();
      if (slot.load_acquire() != 0) check(object.get() == 5, "object reused in a section");
      Bug == SectionBug::kEndRelaxed ? inside.store_relaxed(0) : inside.store_release(0);
      return;
    }
    if (Bug == SectionBug::kLookBeforeErase) wait_until([&] { return inside.load_acquire() == 0; });
    slot.store_release(0);
    if (Bug != SectionBug::kRetirerNoFence) fence_seq_cst();
    if (Bug != SectionBug::kLookBeforeErase) wait_until([&] { return inside.load_acquire() == 0; });
    object.set(9);
  }
};

const Suite deque("protocol/deque", [](Suite& s) {
  using B = DequeBug;
  s.verify<DequeScenario<B::kNone, 1, 2>>("1 thief x 2", {.bound = 4});
  s.verify<DequeScenario<B::kNone, 2, 1>>("2 thieves", {.bound = 3});
  s.planted<DequeScenario<B::kPushNoRelease, 1, 2>>("push without release fence", {.bound = 3}, "data race");
  s.planted<DequeScenario<B::kPopNoFence, 1, 2>>("pop without SC fence", {.bound = 3}, "twice");
  s.planted<DequeScenario<B::kStealNoFence, 1, 2>>("steal without SC fence", {.bound = 3}, "twice");
  s.planted<DequeScenario<B::kPopNoCasOnLast, 1, 2>>("last item without CAS", {.bound = 3}, "twice");
});
const Suite state("protocol/state word", [](Suite& s) {
  using B = StateBug;
  s.verify<StateWord<B::kNone>>("2 senders", {.bound = 3});
  s.planted<StateWord<B::kLinkRelaxed>>("link relaxed", {.bound = 3}, "data race");
  s.planted<StateWord<B::kLastLookBeforeIdle>>("last look before idle", {.bound = 3}, "deadlock");
});
const Suite bits("protocol/state bits", [](Suite& s) {
  using B = BitsBug;
  s.verify<StateBits<B::kNone>>("2 senders", {.bound = 3});
  s.planted<StateBits<B::kNotifyBeforeLink>>("notify before link", {.bound = 3}, "deadlock");
  s.planted<StateBits<B::kBeginRunRelaxed>>("begin-run relaxed", {.bound = 3}, "deadlock");
  s.planted<StateBits<B::kEndRunBlind>>("end-run overwrites a notification", {.bound = 3}, "deadlock");
});
const Suite tag("protocol/idle tag", [](Suite& s) {
  using B = TagBug;
  s.verify<TaggedHead<B::kNone>>("2 senders", {.bound = 4});
  s.verify<TaggedHead<B::kSubmitBeforeLink>>("submit before link is harmless", {.bound = 3});
  s.planted<TaggedHead<B::kBlindIdle>>("blind idle store", {.bound = 3}, "deadlock");
  s.planted<TaggedHead<B::kLinkRelaxed>>("link relaxed", {.bound = 3}, "data race");
  s.planted<TaggedHead<B::kGapEndsRun>>("gap ends the run", {.bound = 3}, "deadlock");
});
const Suite park("protocol/park", [](Suite& s) {
  using B = ParkBug;
  s.verify<Park<B::kNone>>("submit against sleep", {.bound = 6});
  s.planted<Park<B::kSubmitNoFence>>("submitter without SC fence", {.bound = 4}, "deadlock");
  s.planted<Park<B::kSleepNoFence>>("sleeper without SC fence", {.bound = 4}, "deadlock");
  s.planted<Park<B::kLookBeforeAnnounce>>("look for work before announcing sleep", {.bound = 4}, "deadlock");
});
const Suite sections("protocol/reader section", [](Suite& s) {
  using B = SectionBug;
  s.verify<ReaderSections<B::kNone>>("find against retire", {.bound = 6});
  s.planted<ReaderSections<B::kReaderNoFence>>("reader without fence", {.bound = 4}, "data race");
  s.planted<ReaderSections<B::kRetirerNoFence>>("retirer without fence", {.bound = 4}, "data race");
  s.planted<ReaderSections<B::kEndRelaxed>>("section end relaxed", {.bound = 4}, "data race");
  s.planted<ReaderSections<B::kLookBeforeErase>>("look at the flag before erasing", {.bound = 4}, "data race");
});

}  // namespace
