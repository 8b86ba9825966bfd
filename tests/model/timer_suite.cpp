// scheduler/timer_set.hpp as it is: cancellation by other threads against expiry and against moving the timers to
// another set. That nodes are not touched after they went back to their holder is also what ASan sees in
// tests/stress/timers_stress.cpp.
#include "scheduler/timer_set.hpp"

#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// How each node ended: fired and given back, or cancelled and disposed of.
Aside<int> g_fired, g_returned, g_queued, g_disposed;
TimerNode* g_nodes;
Var<int>* g_last_use;  // of node i; written by its holder before it cancels, read when the node is disposed of

void fire(const TimerEvent&) noexcept { ++g_fired; }
void dispose(TimerNode* n) noexcept {
  ++g_disposed;
  static_cast<void>(g_last_use[n - g_nodes].get());
}

template <int Nodes>
struct Timers {
  TimerSet set{dispose};
  TimerNode nodes[Nodes];
  Var<int> last_use[Nodes];
  Timers() {
    g_fired = g_returned = g_queued = g_disposed = 0;
    g_nodes = nodes;
    g_last_use = last_use;
    for (int i = 0; i < Nodes; ++i) set.arm(&nodes[i], static_cast<uint64_t>(10 + i), fire, TimerHold::kHeld);
  }
  void cancel(int i) {
    last_use[i].set(1);
    ++(TimerSet::cancel(&nodes[i], nullptr) ? g_returned : g_queued);
  }
  void expect_each_once(TimerSet& a, TimerSet& b) {
    a.drain_cancelled();
    b.drain_cancelled();
    check(a.armed() == 0 && b.armed() == 0, "a node is left in a list");
    check(g_fired == g_returned, "fired nodes, and only they, go back to their holders");
    check(g_queued == g_disposed, "a cancelled node was not disposed of once");
    check(g_returned + g_queued == Nodes, "a node ended twice");
  }
};

// The owner fires what is due while the holders cancel.
template <int Nodes>
struct Expire : Timers<Nodes> {
  static constexpr int kThreads = 1 + Nodes;
  void thread(int id) {
    if (id > 0) return this->cancel(id - 1);
    this->set.expire(10);
    this->set.expire(11);
  }
  void finish() { this->expect_each_once(this->set, this->set); }
};

// The timers move to another set.
struct Absorb : Timers<1> {
  static constexpr int kThreads = 2;
  TimerSet other{dispose};
  void thread(int id) {
    if (id > 0) return this->cancel(0);
    other.absorb(set);
    other.expire(5);
  }
  void finish() {
    other.expire(5);
    this->expect_each_once(set, other);
  }
};

// Absorb between two expiries: the node may be found cancelled before its canceller has queued it.
struct ExpireThenAbsorb : Timers<1> {
  static constexpr int kThreads = 2;
  TimerSet other{dispose};
  void thread(int id) {
    if (id > 0) return this->cancel(0);
    set.expire(10);
    other.absorb(set);
    other.expire(10);
  }
  void finish() {
    check(other.drain_cancelled() <= 1, "queued twice");
    this->expect_each_once(other, other);
  }
};

const char* const kPlainNode =
    "orders the plain words of the node, which the model does not race-check (ASan, TSan stress)";
const char* const kVerb = "stronger than needed: cancelled nodes are ordered by (3) -> (4)";
const char* const kNewSet =
    "orders the contents of a set made after the canceller started; a stale owner only costs a retry";

const Suite suite("timers", [](Suite& s) {
  s.verify<Expire<1>>("expire, 1 canceller", {.bound = 6});
  s.verify<Expire<2>>("expire, 2 cancellers", {.bound = 3});
  s.verify<Absorb>("absorb", {.bound = 5});
  s.verify<ExpireThenAbsorb>("expire, then absorb", {.bound = 5});
  s.weakenings("every order weakened",
               {Suite::scenario<Expire<1>>({.bound = 4}), Suite::scenario<Absorb>({.bound = 4}),
                Suite::scenario<ExpireThenAbsorb>({.bound = 4})},
               {"scheduler/timer_set.hpp"},
               {{"fire_one: cas_strong_acq_rel without release", kPlainNode},
                {"cancel: cas_strong_acq_rel failing without acquire", kPlainNode},
                {"fire_one: cas_strong_acq_rel without acquire", kVerb},
                {"fire_one: cas_strong_acq_rel failing without acquire", kVerb},
                {"cancel: cas_strong_acq_rel without acquire", kVerb},
                {"cancel: cas_strong_acq_rel without release", kVerb},
                {"queue_cancelled: cas_weak_acq_rel without acquire", kVerb},
                {"queue_cancelled: load_acquire without acquire", kNewSet, 2},
                {"queue_cancelled: cas_weak_acq_rel failing without acquire", kNewSet},
                {"absorb: store_release without release", kNewSet},
                {"absorb: exchange_acq_rel without release", kNewSet}});
});

}  // namespace
