// PID publication with reclamation, and the zombie: the block of a process is its own table entry (rulings.md S1), a dead
// process answers late requests until its grace has passed (S3, S4), and one exit has one reason (S7). The mailbox and the
// grace domain are the production headers; find, deliver, exit, zombie and reuse are written here after
// runtime/process/{process,exit,node_core,worker_procs}.cpp (transcribed.txt), so that mistakes of logic can be planted, and
// without what refused memory leads to (tests/sim/swarm); the production text itself runs in exit_suite.cpp.
#include "mailbox/mailbox.hpp"
#include "memory/grace.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

enum class Bug {
  kNone,
  kNoGrace,           // reused as soon as it is quiet
  kNoQuietCheck,      // reused as soon as grace has passed
  kQuietBeforeGrace,  // quiet is looked at before the grace period, not after
  kSealBeforeErase,   // the grace period starts before the pid is erased
  kZombieDrops,       // the zombie frees late letters without an answer
  kDeadNotZombie,     // after the exit nobody runs it again
  kSamePid,           // the new process gets the old pid
  kPushOutside,       // found inside the section, pushed after it
  kSubmitTwice,       // the exit requeues although it went idle
  kZombieStub,        // the zombie puts its stub back like an idle process, and admits what came in between
};

constexpr uint64_t kOld = (uint64_t{1} << 24) | 7;
constexpr uint64_t kNew = (uint64_t{2} << 24) | 7;
constexpr int kReason = 42;

struct Letter : MailNode {
  uint64_t to = 0;   // constant
  int watcher = -1;  // constant: WATCH from this sender
  Var<int> content{0, "letter"};
};

// NewToo: each sender's last letter is for the process that follows in the same block, if it is there already.
template <Bug B, int Senders, int Workers, int Each = 1, bool NewToo = false>
struct Exit {
  static constexpr int kThreads = Senders + Workers;
  using Domain = BasicGraceDomain<4>;

  // The block.
  MailboxHead head;
  MailboxTail tail;
  Atomic<uint64_t> pid{kOld};
  Var<int> fields{1, "plain fields of the block"};  // read by senders that found it, written when it is disposed of
  Var<int> owner{0, "owner's fields"};
  Var<int> reason{0, "reason"};
  bool exiting = false;     // owner's
  bool zombie = false;      // owner's
  Aside<int> retirer = -1;  // the worker that ran the exit
  Aside<bool> reused = false;

  Domain domain;
  ReaderRecord* record[kThreads];
  Baton queue{1};
  uint64_t epoch = 0;
  Letter letter[Senders][Each];
  bool accepted[Senders][Each] = {};
  int answered[Senders] = {};
  int watching[Senders] = {};

  Exit() {
    head.reset();
    tail.reset(head);
    for (int t = 0; t < kThreads; ++t) {
      record[t] = domain.register_reader(t < Senders ? ReaderKind::kOutside : ReaderKind::kWorker);
      if (t >= Senders) domain.online(*record[t]);
    }
    for (int s = 0; s < Senders; ++s) {
      for (Letter& l : letter[s]) {
        l.to = kOld;
        l.watcher = s;
      }
      if (NewToo) letter[s][Each - 1].to = kNew;
    }
  }

  // NodeCore::deliver_message
  bool deliver(int t, Letter& l) {
    l.content.set(l.watcher + 1);
    PushResult r = PushResult::kQueued;
    bool found = false;
    {
      ReaderSection section(*record[t]);
      found = pid.load_acquire() == l.to;
      if (found) static_cast<void>(fields.get());
      if (found && B != Bug::kPushOutside) r = head.push(&l, &l);
    }
    if (found && B == Bug::kPushOutside) r = head.push(&l, &l);
    if (r == PushResult::kMustSubmit) submit();
    return found;
  }
  // After the section: the block cannot be freed before the submission it owes has run.
  void submit() {
    static_cast<void>(fields.get());
    queue.give("in two run queues");
  }

  Letter* pop() {
    for (;;) {
      const MailboxTail::Popped p = tail.pop();
      if (p.node != head.stub()) return static_cast<Letter*>(p.node);
    }
  }
  void answer(const Letter& l) {
    check(l.to == kOld, "a letter for another process");
    check(l.content.get() == l.watcher + 1, "letter torn");
    check(reason.get() == kReason, "not the true reason");
    ++answered[l.watcher];
  }
  // Process::run: the first run takes what is there and exits.
  void run(int worker) {
    owner.set(owner.get() + 1);
    if (!zombie) {
      if (!exiting) {
        while (Letter* l = pop()) ++watching[l->watcher];
        if (B == Bug::kSealBeforeErase) epoch = domain.seal();
        pid.store_release(0);  // (a)
        exiting = true;
      }
      if (!head.nothing_behind(tail.dummy())) {
        while (Letter* l = pop()) ++watching[l->watcher];  // settle_queue
        if (!head.nothing_behind(tail.dummy())) return come_back();
      }
      reason.set(kReason);
      for (int s = 0; s < Senders; ++s) answered[s] += watching[s];  // (e)
      zombie = true;
      if (B != Bug::kSealBeforeErase) epoch = domain.seal();  // (g)
      retirer = worker;
      if (head.nothing_behind(tail.dummy())) return rest();
    }
    while (Letter* l = pop()) {
      if (B != Bug::kZombieDrops) answer(*l);
    }
    rest();
  }
  void rest() {
    if (B == Bug::kDeadNotZombie) return;
    if (B == Bug::kZombieStub && tail.dummy() != head.stub() && head.nothing_behind(tail.dummy())) {
      static_cast<void>(head.push(head.stub(), head.stub()));
      if (pop() != nullptr) return queue.give("in two run queues");  // admitted: nobody answers it
    }
    if (head.try_idle(tail.dummy())) {
      if (B == Bug::kSubmitTwice) queue.give("in two run queues");
      return;
    }
    come_back();
  }
  void come_back() {
    wait_until([&] { return tail.dummy()->next.load_relaxed() != nullptr; });
    queue.give("in two run queues");
  }
  // WorkerProcs::reclaim
  void try_reuse() {
    if (B == Bug::kQuietBeforeGrace && !head.idle_acquire()) return;
    if (B != Bug::kNoGrace && !domain.passed(epoch, false)) return;
    if (B == Bug::kNoGrace && !head.idle_acquire()) return;
    if (B != Bug::kNoQuietCheck && B != Bug::kQuietBeforeGrace && B != Bug::kNoGrace && !head.idle_acquire()) {
      epoch = domain.seal();  // retired again
      return;
    }
    fields.set(2);
    owner.set(0);
    head.reset();
    tail.reset(head);
    zombie = exiting = false;
    reused = true;
    pid.store_release(B == Bug::kSamePid ? kOld : kNew);
  }
  void thread(int id) {
    if (id < Senders) {
      for (int i = 0; i < Each; ++i) accepted[id][i] = deliver(id, letter[id][i]);
      return;
    }
    ReaderRecord& mine = *record[id];
    while (!reused) {
      if (queue.try_take()) {
        run(id);
        domain.quiescent(mine);
        continue;
      }
      domain.quiescent(mine);
      if (retirer == id) try_reuse();
      if (reused || (retirer >= 0 ? retirer != id : id > Senders))
        break;  // the retirer serves the zombie alone from here
      cpu_relax();
    }
    domain.offline(mine);
  }
  void finish() {
    for (int s = 0; s < Senders; ++s) {
      int expected = 0;
      for (int i = 0; i < Each; ++i) expected += accepted[s][i] && letter[s][i].to == kOld ? 1 : 0;
      check(answered[s] == expected, "an accepted WATCH needs exactly one EXIT");
    }
    int others = 0;
    for (int s = 0; s < Senders; ++s) others += NewToo && accepted[s][Each - 1] ? 1 : 0;
    while (Letter* l = pop()) {
      check(l->to == kNew, "a letter for the old process lies in the new one");
      --others;
    }
    check(others == 0, "a letter for the new process is lost");
  }
};

// ---- control word: kill against kill against normal end (process.hpp, Control) -----------------------------------------------
enum class ControlBug { kNone, kExitingByStore, kKillByOr };
template <ControlBug B>
struct OneReason {
  static constexpr int kThreads = 3;
  static constexpr uint32_t kTerminate = 2, kDeadline = 4, kExiting = 16;
  Atomic<uint32_t> control{0};
  bool killed[2] = {};
  uint32_t before = 0;

  bool kill(uint32_t bit) {
    if (B == ControlBug::kKillByOr) return (control.fetch_or_acq_rel(bit) & kExiting) == 0;
    uint32_t c = control.load_relaxed();
    for (;;) {
      if ((c & (kTerminate | kDeadline | kExiting)) != 0) return false;
      if (control.cas_weak_acq_rel(c, c | bit)) return true;
    }
  }
  void thread(int id) {
    if (id < 2) {
      killed[id] = kill(id == 0 ? kTerminate : kDeadline);
    } else if (B == ControlBug::kExitingByStore) {
      before = control.load_acquire();
      control.store_release(before | kExiting);
    } else {
      before = control.fetch_or_acq_rel(kExiting);
    }
  }
  void finish() {
    check(!(killed[0] && killed[1]), "two kills claim the exit");
    const uint32_t expected = (killed[0] ? kTerminate : 0) | (killed[1] ? kDeadline : 0);
    check(before == expected, "the reason is not that of the kill that succeeded");
  }
};

const char* const kPopAcquires =
    "after success nothing is touched, after failure the next pop acquires what it reaches, (3)";

const Suite suite("process", [](Suite& s) {
  using B = Bug;
  s.verify<Exit<B::kNone, 1, 1, 2>>("1 watcher x 2, 1 worker", {.bound = 3});
  s.verify<Exit<B::kNone, 2, 1>>("2 watchers, 1 worker", {.bound = 2});
  s.verify<Exit<B::kNone, 1, 2>>("1 watcher, 2 workers", {.bound = 2});
  s.verify<Exit<B::kNone, 1, 1, 2, true>>("1 sender, to the old process, then to the new", {.bound = 4});
  s.planted<Exit<B::kNoGrace, 1, 1>>("no grace period", {.bound = 3}, "data race");
  s.planted<Exit<B::kNoQuietCheck, 1, 1>>("queue not looked at", {.bound = 3}, "data race");
  s.planted<Exit<B::kQuietBeforeGrace, 1, 1>>("quiet before grace", {.bound = 3}, "data race");
  s.planted<Exit<B::kSealBeforeErase, 1, 1>>("grace starts before erase", {.bound = 3}, "data race");
  s.planted<Exit<B::kZombieDrops, 1, 1>>("zombie drops late letters", {.bound = 3}, "exactly one EXIT");
  s.planted<Exit<B::kDeadNotZombie, 1, 1>>("dead, not zombie", {.bound = 3}, "deadlock");
  s.planted<Exit<B::kSamePid, 1, 1, 2>>("pid used again", {.bound = 3}, "exactly one EXIT");
  s.planted<Exit<B::kPushOutside, 1, 1>>("push after the section", {.bound = 3}, "exactly one EXIT");
  s.planted<Exit<B::kZombieStub, 2, 1>>("a zombie puts its stub back", {.bound = 2}, "exactly one EXIT");
  s.planted<Exit<B::kSubmitTwice, 1, 1>>("requeued although idle", {.bound = 3}, "deadlock");
  s.verify<OneReason<ControlBug::kNone>>("two kills and a normal end", {.bound = 5});
  s.planted<OneReason<ControlBug::kExitingByStore>>("exiting set by a store", {.bound = 3}, "reason");
  s.planted<OneReason<ControlBug::kKillByOr>>("kill without looking", {.bound = 3}, "two kills");
  s.weakenings("every order weakened",
               {Suite::scenario<Exit<B::kNone, 1, 1, 2, true>>({.bound = 3}),
                Suite::scenario<Exit<B::kNone, 1, 2>>({.bound = 2})},
               {"model/process_suite.cpp", "mailbox/mailbox.hpp"},
               {{"push: exchange_acq_rel without release", "needs two senders at once: caught by the mailbox suite"},
                {"try_idle: cas_strong_acq_rel without acquire", kPopAcquires},
                {"try_idle: cas_strong_acq_rel failing without acquire", kPopAcquires},
                {"run: store_release without release", "the release of seal() publishes the erasure"}});
});

}  // namespace
