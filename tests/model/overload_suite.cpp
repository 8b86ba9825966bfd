// The requests of senders to the owner of a bounded mailbox, Control::kShed and kReport, in runtime/process as it is: none is
// lost while the owner goes idle, whether the sender's message wakes it or a signal without one does.
// Compiled without access control (tests/model.cmake).
#include "model/process_world.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// Takes its messages off the mailbox and keeps them, as a script's inbox does.
struct Hoarder final : Machine {
  Signal* first = nullptr;
  Signal* last = nullptr;
  Verdict init(Context& self) noexcept override { return step(self); }
  Verdict step(Context& self) noexcept override {
    while (Signal* s = self.next_signal()) {
      if (s->kind != SignalKind::kMessage) {
        self.release(s);
        continue;
      }
      s->link() = nullptr;
      (first == nullptr ? first : last->link()) = s;
      last = s;
    }
    return Verdict::kWait;
  }
  void close(Context&, bool) noexcept override {}
  bool drop_oldest_message(Context& self) noexcept override {
    Signal* const s = first;
    if (s == nullptr) return false;
    first = s->link();
    self.release(s);
    return true;
  }
  void each_message(Context&, void (*visit)(void*, const Signal&), void* arg) noexcept override {
    for (Signal* s = first; s != nullptr; s = s->link()) visit(arg, *s);
  }
};

struct Reports final : OverloadSink {
  Aside<int> count;
  void overloaded(const OverloadReport&) noexcept override { ++count; }
};

// Process R has room for one message, and has it: the next one is over the limit. Modelled thread 0 is its worker until all
// senders have sent one message each and nothing is left to run.
template <int Senders>
struct Bounded : World<Senders> {
  using Base = World<Senders>;
  Hoarder hoarder;
  Reports reports;
  Process* r = nullptr;
  Pid pid_r;
  explicit Bounded(MailPolicy policy) : Base(false) {
    this->node.set_overload_sink(&reports);
    r = this->born(hoarder, MailLimits{1, 0, policy, 0});
    pid_r = r->identity();
    this->enter_worker();
    this->scheduler.worker(0).run_one(r);
    send();
    run_all();
    check(hoarder.first != nullptr, "the first message fits");
  }
  void run_all() {
    Worker& w = this->scheduler.worker(0);
    while (Runnable* x = w.next()) w.run_one(x);
  }
  void send() { static_cast<void>(this->node.deliver(pid_r, make_bare_signal(SignalKind::kMessage, this->pid_q, 0))); }
  void serve() {
    this->enter_worker();
    for (;;) {
      const bool last = this->senders_done.load_acquire() == Senders;
      run_all();
      if (last) return;
      cpu_relax();
    }
  }
  void send_one(int id) {
    this->enter_sender(id);
    send();
    static_cast<void>(this->senders_done.fetch_add_acq_rel(1));
  }
  void expect_answered() {
    this->enter_worker();
    const uint32_t control = r->control_.load_relaxed();
    check((control & (Control::kShed | Control::kReport)) == 0, "a request lies in an idle process");
    check(MailGauge::messages_of(r->mail_limit().gauge().used()) <= 1, "idle over its limit");
  }
};

// kDropOldest: a message over the limit asks for shedding, and wakes the owner itself.
template <int Senders>
struct Shed : Bounded<Senders> {
  Shed() : Bounded<Senders>(MailPolicy::kDropOldest) {}
  void thread(int id) { id == 0 ? this->serve() : this->send_one(id); }
  void finish() { this->expect_answered(); }
};

// kDropNewest: a refused message asks for a report, and a signal without a message wakes the owner. Each refusal asks: the
// clock takes two seconds a reading.
template <int Senders>
struct Report : Bounded<Senders> {
  Report() : Bounded<Senders>(MailPolicy::kDropNewest) {}
  void thread(int id) {
    clock_step(2'000'000'000);
    id == 0 ? this->serve() : this->send_one(id);
  }
  void finish() {
    this->expect_answered();
    check(this->reports.count >= 1, "no report");
  }
};

// Who is refused after a report must get another one.
struct ReportAgain : Bounded<2> {
  ReportAgain() : Bounded<2>(MailPolicy::kDropNewest) {}
  void thread(int id) {
    clock_step(2'000'000'000);
    if (id == 0) return serve();
    if (id == 2) wait_until([&] { return reports.count == 1; });
    send_one(id);
  }
  void finish() {
    expect_answered();
    check(reports.count == 2, "a report is missing");
  }
};

// ---- mistakes of logic, in a copy (transcribed.txt): kShed only, mail that the machine holds is a number --------------------
enum class Bug {
  kNone,
  kLookFirst,       // who sees the bit set does not set it again
  kAskAfterPush,    // the message comes before the request
  kClearAfterLook,  // the owner clears the bit when it has looked at the gauge
  kNoSecondLook,    // after a step the owner goes idle without a look at the word
};
template <Bug B>
struct Copy {
  static constexpr int kThreads = 3;
  static constexpr uint32_t kShed = 1;
  MailboxHead head;
  MailboxTail tail;
  MailNode letter[3];
  Atomic<uint32_t> control{0};
  Atomic<int> used{0};
  Atomic<int> senders_done{0};
  Baton queue{1};
  Var<int> held{0, "held by the machine"};

  Copy() {
    head.reset();
    tail.reset(head);
    send(0);
    run_all();
  }
  void send(int i) {
    const bool over = used.fetch_add_relaxed(1) + 1 > 1;  // Process::admit_message
    if (over && B != Bug::kAskAfterPush) ask();
    if (head.push(&letter[i], &letter[i]) == PushResult::kMustSubmit) queue.give("in two run queues");
    if (over && B == Bug::kAskAfterPush) ask();
  }
  void ask() {
    if (B == Bug::kLookFirst && (control.load_relaxed() & kShed) != 0) return;
    static_cast<void>(control.fetch_or_acq_rel(kShed));
  }
  void drain() {
    while (tail.pop().node != nullptr) held.set(held.get() + 1);
  }
  void shed() {
    if (B != Bug::kClearAfterLook) static_cast<void>(control.fetch_and_acq_rel(~kShed));
    drain();
    while (used.load_relaxed() > 1 && held.get() > 0) {
      held.set(held.get() - 1);
      static_cast<void>(used.fetch_sub_relaxed(1));
    }
    if (B == Bug::kClearAfterLook) static_cast<void>(control.fetch_and_acq_rel(~kShed));
  }
  // Process::run_live
  void run() {
    if ((control.load_acquire() & kShed) != 0) shed();
    drain();
    const bool again = B != Bug::kNoSecondLook && (control.load_acquire() & kShed) != 0;
    if (!again && head.try_idle(tail.dummy())) return;
    // In a gap the requeue comes behind everything else that is runnable, in other words when the producer has gone on.
    if (!again) wait_until([&] { return tail.dummy()->next.load_relaxed() != nullptr; });
    queue.give("in two run queues");
  }
  void run_all() {
    while (queue.try_take()) run();
  }
  void thread(int id) {
    if (id > 0) {
      send(id);
      static_cast<void>(senders_done.fetch_add_acq_rel(1));
      return;
    }
    for (;;) {
      const bool last = senders_done.load_acquire() == 2;
      run_all();
      if (last) return;
      cpu_relax();
    }
  }
  void finish() {
    check((control.load_relaxed() & kShed) == 0, "a request lies in an idle process");
    check(used.load_relaxed() <= 1, "idle over its limit");
  }
};

const char* const kBits = "only the word's own bits are read by it";
const char* const kNewest =
    "run_live has acquired the request that began it; letting go of a message then reads the newest level";
const char* const kMessage = "the message, or the signal that wakes the owner, orders the same";

const Suite suite("overload", [](Suite& s) {
  using B = Bug;
  s.verify<Shed<1>>("1 sender, shed", {.bound = 2});
  s.verify<Shed<2>>("2 senders, shed", {.bound = 1});
  s.verify<Report<1>>("1 sender, report", {.bound = 2});
  s.verify<Report<2>>("2 senders, report", {.bound = 1});
  s.verify<ReportAgain>("refused after a report", {.bound = 1});
  s.verify<Copy<B::kNone>>("the copy without a mistake", {.bound = 3});
  s.planted<Copy<B::kLookFirst>>("asked only if the bit is not set", {.bound = 2}, "idle over its limit");
  s.planted<Copy<B::kAskAfterPush>>("asked after the push", {.bound = 2}, "a request lies");
  s.planted<Copy<B::kClearAfterLook>>("cleared after the look", {.bound = 2}, "idle over its limit");
  s.planted<Copy<B::kNoSecondLook>>("idle without a second look", {.bound = 2}, "a request lies");
  s.weakenings("every order weakened",
               {Suite::scenario<Shed<1>>({.bound = 1}), Suite::scenario<Shed<2>>({.bound = 1}),
                Suite::scenario<Report<1>>({.bound = 1}), Suite::scenario<ReportAgain>({.bound = 0})},
               {"runtime/process/mail_limit.cpp", "runtime/process/process.cpp"},
               {{"ask_owner: fetch_or_acq_rel without acquire", kBits},
                {"shed: fetch_and_acq_rel without acquire", kNewest},
                {"shed: fetch_and_acq_rel without release", kBits},
                {"report_overload: fetch_and_acq_rel without acquire", "a report counts what it sees"},
                {"report_overload: fetch_and_acq_rel without release", kBits},
                {"admit_other: load_acquire without acquire", kBits},
                {"run_live: load_acquire without acquire", kMessage, 2}});
});

}  // namespace
