// runtime/process as it is: the end of a process with all its answers, against senders. What is delivered is answered once and
// with the true reason, EXIT before LINK_DOWN where both were asked for before the end, nothing where it was withdrawn, and
// the block is used again only when nobody can reach it. Every plain field of process, signal and table is race-checked.
// Compiled without access control (tests/model.cmake).
#include "model/process_world.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// P ends while Q links and watches it.
struct AskWhileEnding : World<1> {
  AskWhileEnding() : World(true) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      return live(true);
    }
    enter_sender(id);
    sent[0] = send(SignalKind::kLink, kLink);
    sent[1] = send(SignalKind::kWatch, kWatch);
  }
  void finish() {
    const Received r = received();
    check(r.downs == (sent[0] ? 1 : 0), "an accepted link needs exactly one LINK_DOWN");
    check(r.exits == (sent[1] ? 1 : 0), "an accepted watch needs exactly one EXIT");
  }
};

// The link and the watch lie unread in P's queue when it ends; another sender pushes at the same time, perhaps in front of
// them and slowly (the gap of mailbox.hpp).
template <bool Gap>
struct Unread : World<Gap ? 2 : 1> {
  using Base = World<Gap ? 2 : 1>;
  Unread() : Base(true) {}
  void thread(int id) {
    if (id == 0) {
      this->enter_worker();
      wait_until([&] { return this->senders_done.load_acquire() == 1; });
      return this->live(true);
    }
    this->enter_sender(id);
    if (id == 2) {
      static_cast<void>(this->send(SignalKind::kTimer, 99));  // means nothing to P
      return;
    }
    check(this->send(SignalKind::kLink, Base::kLink) && this->send(SignalKind::kWatch, Base::kWatch), "P is alive");
    this->senders_done.store_release(1);
  }
  void finish() {
    const auto r = this->received();
    check(r.exits == 1 && r.downs == 1, "one EXIT and one LINK_DOWN");
    check(!r.down_first, "LINK_DOWN before EXIT");
  }
};

// The same, taken back before the end.
struct Withdrawn : World<2> {
  Withdrawn() : World(true) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      wait_until([&] { return senders_done.load_acquire() == 1; });
      return live(true);
    }
    enter_sender(id);
    if (id == 2) {
      static_cast<void>(send(SignalKind::kTimer, 99));
      return;
    }
    static_cast<void>(send(SignalKind::kWatch, kWatch));
    check(send(SignalKind::kUnwatch, kWatch), "P is alive");
    senders_done.store_release(1);
  }
  void finish() {
    const Received r = received();
    check(r.exits == 0 && r.downs == 0, "an answer although the watch was withdrawn");
  }
};

// An idle P is watched, then killed: it wakes up, and the reason is the kill's.
struct KillIdle : World<1> {
  KillIdle() : World(false) {}
  void thread(int id) {
    if (id == 0) {
      enter_worker();
      return live(true);
    }
    enter_sender(id);
    sent[1] = send(SignalKind::kWatch, kWatch);
    check(node.kill(pid_p, Control::kKillTerminate), "P is alive");
  }
  void finish() { check(sent[1] && received().exits == 1, "an accepted watch needs exactly one EXIT"); }
};

// LINK_DOWN must not wait behind data: whoever has sent one leaves it either taken, or flagged as urgent.
struct Urgent : World<1> {
  Urgent() : World(false) {}
  void thread(int id) {
    if (id == 1) {
      enter_sender(id);
      check(node.deliver_urgent(pid_p, make_bare_signal(SignalKind::kLinkDown, pid_q, kLink)), "P is alive");
      return;
    }
    enter_worker();
    static_cast<void>(p->attend(p->control_.load_acquire()));  // before a step: Process::run_live
  }
  void finish() {
    enter_worker();
    const bool flagged = (p->control_.load_relaxed() & Control::kUrgent) != 0;
    check(flagged || p->pop_raw() == nullptr, "an urgent signal lies in the queue and nobody is told");
  }
};

// A process is born in a fresh block while somebody already has its pid, guessed.
struct Born : World<1> {
  static constexpr Pid kNext = make_pid(1, 2);  // after P and Q
  TestMachine third;
  Born() : World(false) {}
  void thread(int id) {
    if (id == 1) {
      enter_sender(id);
      for (int i = 0; i < 2; ++i) sent[i] = node.deliver(kNext, make_bare_signal(SignalKind::kTimer, pid_q, 1));
      return;
    }
    enter_worker();
    Process* r = born(third);
    check(r->identity() == kNext, "another block");
    scheduler.worker(0).run_one(r);
  }
  void finish() { check(sent[1] || !sent[0], "found, then not"); }
};

const char* const kBits =
    "only the word's own bits are read; what a kill or a name wants beside them comes by a queue or a lock";
const char* const kTwice =
    "acquired twice: run_live looks, handle_urgent clears; each of the two shows the signal of set_urgent";
const char* const kSeal = "the release of seal() publishes the erasure";

const Suite suite("exit", [](Suite& s) {
  s.verify<AskWhileEnding>("linked and watched while ending", {.bound = 1});
  s.verify<Unread<false>>("link and watch unread", {.bound = 2});
  s.verify<Unread<true>>("link and watch unread behind a gap", {.bound = 1});
  s.verify<Withdrawn>("withdrawn behind a gap", {.bound = 1});
  s.verify<KillIdle>("idle, watched and killed", {.bound = 1});
  s.verify<Urgent>("urgent against the owner's look", {.bound = 4});
  s.verify<Born>("born while looked for", {.bound = 3});
  s.weakenings("every order weakened",
               {Suite::scenario<Born>({.bound = 1}), Suite::scenario<AskWhileEnding>({.bound = 0}),
                Suite::scenario<KillIdle>({.bound = 0}), Suite::scenario<Urgent>({.bound = 2})},
               {"runtime/process/process.", "runtime/process/exit.cpp", "runtime/process/node_core.",
                "runtime/process/worker_procs."},
               {{"begin_exit: fetch_or_acq_rel without acquire", kBits},
                {"begin_exit: fetch_or_acq_rel without release", kBits},
                {"begin_exit: store_release without release", kSeal},
                {"kill: cas_weak_acq_rel without acquire", kBits},
                {"kill: cas_weak_acq_rel without release", kBits},
                {"kill: cas_weak_acq_rel failing without acquire", kBits},
                {"admit_other: load_acquire without acquire", kBits},
                {"run_live: load_acquire without acquire", kTwice},
                {"set_urgent: fetch_or_acq_rel without acquire", kBits},
                {"handle_urgent: fetch_and_acq_rel without acquire", kTwice},
                {"handle_urgent: fetch_and_acq_rel without release", kBits}});
});

}  // namespace
