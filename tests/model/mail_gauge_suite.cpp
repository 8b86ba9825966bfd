// runtime/process/mail_gauge.hpp: an owner that lets go of messages, senders that wait for room, and the owner's exit.
#include "runtime/process/mail_gauge.hpp"

#include "model/checker/suite.hpp"
#include "model/checker/var.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

enum class Bug { kNone, kNoOwnerFence, kNoSenderFence, kLookBeforePush, kPlainTake, kCloseByStore };

// The waiters' protocol once more, with room for a mistake; the level is a plain count of messages.
template <Bug B>
class BadGauge {
 public:
  explicit BadGauge(uint64_t max) : max_(max) {}
  bool fill() { return used_.fetch_add_relaxed(1) < max_; }
  uint64_t release(uint64_t) { return used_.fetch_sub_relaxed(1) - 1; }
  bool room_due(uint64_t after) {
    if (after > max_ / 2) return false;
    if (B != Bug::kNoOwnerFence) fence_seq_cst();
    const RoomWaiter* first = waiters_.load_relaxed();
    return first != nullptr && first != closed();
  }
  MailGauge::Wait wait(RoomWaiter* w) {
    const bool room = used_.load_relaxed() <= max_ / 2;
    RoomWaiter* first = waiters_.load_acquire();
    do {
      if (first == closed()) return MailGauge::Wait::kClosed;
      w->next = first;
    } while (!waiters_.cas_weak_acq_rel(first, w));
    if (B != Bug::kNoSenderFence) fence_seq_cst();
    if (B == Bug::kLookBeforePush) return room ? MailGauge::Wait::kRoom : MailGauge::Wait::kWaits;
    return used_.load_relaxed() <= max_ / 2 ? MailGauge::Wait::kRoom : MailGauge::Wait::kWaits;
  }
  RoomWaiter* take_waiters() {
    RoomWaiter* first = waiters_.load_acquire();
    if (B == Bug::kPlainTake) {
      if (first == closed()) return nullptr;
      waiters_.store_release(nullptr);
      return first;
    }
    while (first != nullptr && first != closed()) {
      if (waiters_.cas_weak_acq_rel(first, nullptr)) return first;
    }
    return nullptr;
  }
  RoomWaiter* close() {
    if (B == Bug::kCloseByStore) {
      RoomWaiter* const first = waiters_.load_acquire();
      waiters_.store_release(closed());
      return first;
    }
    return waiters_.exchange_acq_rel(closed());
  }
  bool is_low() const { return used_.load_relaxed() <= max_ / 2; }

 private:
  static RoomWaiter* closed() { return reinterpret_cast<RoomWaiter*>(uintptr_t{1}); }
  const uint64_t max_;
  Atomic<uint64_t> used_{0};
  Atomic<RoomWaiter*> waiters_{nullptr};
};

struct RealGauge : MailGauge {
  explicit RealGauge(uint64_t max) : MailGauge(max, 0) {}
  bool fill() {
    uint64_t after = 0;
    return admit(64, 1, after);
  }
  bool is_low() const { return low(used()); }
};

// Thread 0 lets go of the two messages that fill the mailbox, and may close it then; the others find it full and wait.
template <class Gauge, int Senders, bool Closes>
struct OwnerAndSenders {
  static constexpr int kThreads = 1 + Senders;
  Gauge gauge{2};
  RoomWaiter waiter[Senders];
  Var<int> erased{0, "erased"};  // what the owner did before it closed
  Aside<int> told[Senders];
  Aside<int> refused = 0;
  OwnerAndSenders() {
    for (int i = 0; i < Senders; ++i) told[i] = 0;
    check(gauge.fill() && gauge.fill(), "two messages fit");
  }
  void tell(RoomWaiter* w) {
    while (w != nullptr) {
      RoomWaiter* const next = w->next;
      ++told[w->pid];
      w = next;
    }
  }
  void thread(int id) {
    if (id == 0) {
      for (int i = 0; i < 2; ++i) {
        if (gauge.room_due(gauge.release(64))) tell(gauge.take_waiters());
      }
      if (!Closes) return;
      erased.set(1);
      tell(gauge.close());
      return;
    }
    RoomWaiter& w = waiter[id - 1];
    w.pid = static_cast<uint64_t>(id - 1);
    switch (gauge.wait(&w)) {
      case MailGauge::Wait::kRoom: tell(gauge.take_waiters()); break;
      case MailGauge::Wait::kClosed:
        check(erased.get() == 1, "closed before the pid was erased");
        ++refused;
        break;
      case MailGauge::Wait::kWaits: break;
    }
  }
  void finish() {
    int sum = refused;
    for (int i = 0; i < Senders; ++i) {
      check(told[i] <= 1, "a sender is told twice");
      sum += told[i];
    }
    check(gauge.is_low(), "the owner let go of everything");
    check(sum == Senders, "a sender waits although there is room");
    check(Closes || refused == 0, "refused by an open mailbox");
  }
};

// Room for one more: exactly one of two senders gets it, and the limit holds at every moment.
struct LastPlace {
  static constexpr int kThreads = 3;
  RealGauge gauge{2};
  Aside<int> admitted = 0;
  LastPlace() { check(gauge.fill(), "the first fits"); }
  void thread(int id) {
    check(MailGauge::messages_of(gauge.used()) <= 2, "over the limit");
    if (id == 0) return;
    if (gauge.fill()) ++admitted;
  }
  void finish() { check(admitted == 1, "one place, not one winner"); }
};

template <Bug B>
using Bad = OwnerAndSenders<BadGauge<B>, 1, false>;
template <Bug B>
using BadTwo = OwnerAndSenders<BadGauge<B>, 2, true>;

const Suite suite("mail gauge", [](Suite& s) {
  s.verify<OwnerAndSenders<RealGauge, 1, false>>("owner, 1 sender", {.bound = 5});
  s.verify<OwnerAndSenders<RealGauge, 2, false>>("owner, 2 senders", {.bound = 3});
  s.verify<OwnerAndSenders<RealGauge, 2, true>>("owner that ends, 2 senders", {.bound = 2});
  s.verify<OwnerAndSenders<RealGauge, 1, true>>("spurious CAS failures", {.bound = 3, .weak_failures = 2});
  s.verify<LastPlace>("two senders, one place", {.bound = 5});
  s.verify<BadTwo<Bug::kNone>>("the copy without a mistake", {.bound = 2});
  s.planted<Bad<Bug::kNoOwnerFence>>("owner without its fence", {.bound = 3}, "waits although");
  s.planted<Bad<Bug::kNoSenderFence>>("sender without its fence", {.bound = 3}, "waits although");
  s.planted<Bad<Bug::kLookBeforePush>>("look before the push", {.bound = 3}, "waits although");
  s.planted<BadTwo<Bug::kPlainTake>>("take by load and store", {.bound = 3}, "sender");
  s.planted<BadTwo<Bug::kCloseByStore>>("close by load and store", {.bound = 3}, "sender");
  s.weakenings(
      "every order weakened",
      {Suite::scenario<OwnerAndSenders<RealGauge, 1, true>>({.bound = 3}),
       Suite::scenario<OwnerAndSenders<RealGauge, 1, false>>({.bound = 3}),
       Suite::scenario<OwnerAndSenders<RealGauge, 2, true>>({.bound = 1})},
      {"runtime/process/mail_gauge.hpp"},
      {{"wait: cas_weak_acq_rel without acquire", "a push that succeeds needs its release half only; no such verb"},
       {"take_waiters: cas_strong_acquire failing without acquire",
        "what a failure read is looked at by the next CAS"}});
});

}  // namespace
