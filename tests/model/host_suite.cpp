// runtime/process/host_core.hpp as it is: a spawn from elsewhere against the stop of the host, the host's start against a
// spawn, and the places of a limited host. The look at the processes (NodeCore::pids_of, ProcessHost::is_empty and
// finish_stop) is written here after runtime/host/process_host.cpp: it needs a scheduler around it (transcribed.txt).
// The copy leaves out finish_stop's wait for a grace period (late pushes from other hosts): there is no mailbox here.
#include "runtime/process/host_core.hpp"

#include "model/checker/suite.hpp"

namespace wippy {
class NodeCore {};  // a HostCore only keeps its address
}  // namespace wippy

namespace {
using namespace wippy;
using namespace wippy::model;

struct Host {
  NodeCore node;
  HostCore core{node, 0, "h"};
  Host() { core.set_state(HostState::kRunning); }
};

// ---- arrive, depart | set_state -------------------------------------------------------------------------------------------
// No process comes to a host that has counted nobody: either the spawn sees the host draining, or the host sees the spawn.
template <int Spawners>
struct SpawnAgainstStop : Host {
  static constexpr int kThreads = Spawners + 1;
  Atomic<uint64_t> pid[Spawners];  // the children's blocks
  Var<int> child[Spawners];
  Aside<bool> born[Spawners];
  Aside<bool> seen[Spawners];

  void thread(int id) {
    if (id < Spawners) {
      core.arrive();
      if (core.state() == HostState::kRunning) {
        child[id].set(7);
        pid[id].store_release(9);
        born[id] = true;
      }
      return core.depart();
    }
    core.set_state(HostState::kDraining);
    wait_until([&] { return core.arriving() == 0; });
    for (int i = 0; i < Spawners; ++i) {
      seen[i] = pid[i].load_acquire() != 0;
      if (seen[i]) check(child[i].get() == 7, "child");
    }
  }
  void finish() {
    for (int i = 0; i < Spawners; ++i) check(born[i] == seen[i], "a process that the stopping host did not see");
  }
};

// What set_state(kRunning) publishes: the scheduler.
struct StartPublishes {
  static constexpr int kThreads = 2;
  NodeCore node;
  HostCore core{node, 0, "h"};
  int scheduler = 0;
  void thread(int id) {
    if (id == 0) {
      core.set_scheduler(reinterpret_cast<Scheduler*>(&scheduler));
      return core.set_state(HostState::kRunning);
    }
    core.arrive();
    if (core.state() == HostState::kRunning) {
      check(core.scheduler() == reinterpret_cast<Scheduler*>(&scheduler), "scheduler not published");
    }
    core.depart();
  }
};

// take_place, give_place: never more than the limit; who gives a place orders what it did before who gets it (a terminal
// host's one process after the other).
struct Places : Host {
  static constexpr int kThreads = 3;
  Var<int> terminal{0, "what the one place protects"};
  Aside<int> inside;
  Places() { core.set_limit(1); }
  void thread(int) {
    if (!core.take_place()) return;
    check(++inside == 1, "more processes than places");
    terminal.set(terminal.get() + 1);
    inside -= 1;
    core.give_place();
  }
  void finish() { check(core.limited_live() == 0, "a place was lost"); }
};

// ---- the last look of a stopping host -------------------------------------------------------------------------------------
// P, of this host, may be inside a spawn when the host begins to stop; then it ends. NodeCore::pids_of reads one block after
// the other: a child in a block that was looked at before is missed together with its parent. So the host's look counts
// once every worker has slept: from there on no spawn is under way (ProcessHost::is_empty, Worker::sleep).
enum class Look { kOnce, kAfterSleep };
enum class Worker { kAwake, kWakesUp, kOnlineFirst };  // kOnlineFirst: the fence of online() comes before the count
template <Look L, Worker W>
struct LastLook : Host {
  static constexpr int kThreads = 2;
  Atomic<uint64_t> child{0}, parent{7};                   // blocks in the order of the look
  Atomic<uint64_t> awake{W == Worker::kAwake ? 1u : 0u};  // Idle's word
  Aside<bool> concluded;

  void worker() {
    if (W != Worker::kAwake) {
      if (W == Worker::kOnlineFirst) fence_seq_cst();
      static_cast<void>(awake.fetch_add_relaxed(1));   // Idle::resume
      if (W != Worker::kOnlineFirst) fence_seq_cst();  // BasicGraceDomain::online
    }
    if (core.state() == HostState::kRunning) child.store_release(9);
    parent.store_release(0);
    fence_seq_cst();                                // RetireQueue::drain_for_park
    static_cast<void>(awake.fetch_sub_relaxed(1));  // Idle::announce_sleep
  }
  bool look_is_empty() {
    if (core.arriving() != 0) return false;
    if (L == Look::kAfterSleep) {
      if (awake.load_relaxed() != 0) return false;
      fence_acquire();
    }
    return child.load_acquire() == 0 && parent.load_acquire() == 0;
  }
  void thread(int id) {
    if (id == 0) return worker();
    core.set_state(HostState::kDraining);
    for (;;) {
      concluded = look_is_empty();
      if (concluded || child.load_acquire() != 0) return;
      cpu_relax();
    }
  }
  void finish() { check(!concluded || child.load_acquire() == 0, "stopped with a live process"); }
};

// ---- mistakes of logic, in a copy -----------------------------------------------------------------------------------------
enum class Bug {
  kNone,
  kLookBeforeArrive,  // the state is looked at first, then the spawn is counted
  kCountBeforeDrain,  // the host counts arrivals, then refuses new ones
  kDepartBeforePid,   // departs before the child is published
  kNoFenceInArrive,
  kNoFenceInSetState,
};
template <Bug B>
struct Copy {
  static constexpr int kThreads = 2;
  Atomic<uint32_t> running{1}, arriving{0};
  Atomic<uint64_t> pid{0};
  Aside<bool> born, seen;
  void spawn() {
    const bool early = B == Bug::kLookBeforeArrive && running.load_acquire() == 1;
    static_cast<void>(arriving.fetch_add_acq_rel(1));
    if (B != Bug::kNoFenceInArrive) fence_seq_cst();
    const bool go = B == Bug::kLookBeforeArrive ? early : running.load_acquire() == 1;
    if (B == Bug::kDepartBeforePid) static_cast<void>(arriving.fetch_sub_acq_rel(1));
    if (go) {
      pid.store_release(9);
      born = true;
    }
    if (B != Bug::kDepartBeforePid) static_cast<void>(arriving.fetch_sub_acq_rel(1));
  }
  void refuse() {
    running.store_release(0);
    if (B != Bug::kNoFenceInSetState) fence_seq_cst();
  }
  void thread(int id) {
    if (id == 0) return spawn();
    if (B != Bug::kCountBeforeDrain) refuse();
    wait_until([&] { return arriving.load_acquire() == 0; });
    if (B == Bug::kCountBeforeDrain) refuse();
    seen = pid.load_acquire() != 0;
  }
  void finish() { check(born == seen, "a process that the stopping host did not see"); }
};

const char* const kFences = "the fences order the two words; the count itself carries nothing";
const char* const kNoNews = "who gives something back reads nothing of the others";
const char* const kTakerNext = "a place that was taken away again protects nothing";

const Suite suite("host", [](Suite& s) {
  using B = Bug;
  s.verify<SpawnAgainstStop<1>>("spawn against stop", {.bound = 6});
  s.verify<SpawnAgainstStop<2>>("2 spawns against stop", {.bound = 3});
  s.verify<StartPublishes>("start publishes the scheduler", {.bound = 6});
  s.verify<Places>("3 spawns for one place", {.bound = 4});
  s.verify<LastLook<Look::kAfterSleep, Worker::kAwake>>("last look after sleep, worker awake", {.bound = 6});
  s.verify<LastLook<Look::kAfterSleep, Worker::kWakesUp>>("last look after sleep, worker wakes up", {.bound = 6});
  s.planted<LastLook<Look::kOnce, Worker::kAwake>>("last look while workers run", {.bound = 3}, "live process");
  s.planted<LastLook<Look::kAfterSleep, Worker::kOnlineFirst>>("online before counted awake", {.bound = 3},
                                                               "live process");
  s.verify<Copy<B::kNone>>("the copy without a mistake", {.bound = 6});
  s.planted<Copy<B::kLookBeforeArrive>>("state looked at before arriving", {.bound = 3}, "did not see");
  s.planted<Copy<B::kCountBeforeDrain>>("arrivals counted before refusing", {.bound = 3}, "did not see");
  s.planted<Copy<B::kDepartBeforePid>>("departs before the pid is published", {.bound = 3}, "did not see");
  s.planted<Copy<B::kNoFenceInArrive>>("no fence in arrive", {.bound = 3}, "did not see");
  s.planted<Copy<B::kNoFenceInSetState>>("no fence in set_state", {.bound = 3}, "did not see");
  s.weakenings("every order weakened",
               {Suite::scenario<SpawnAgainstStop<1>>({.bound = 4}), Suite::scenario<SpawnAgainstStop<2>>({.bound = 2}),
                Suite::scenario<StartPublishes>({.bound = 4}), Suite::scenario<Places>({.bound = 3})},
               {"process/host_core.hpp"},
               {{"arrive: fetch_add_acq_rel without acquire", kFences},
                {"arrive: fetch_add_acq_rel without release", kFences},
                {"depart: fetch_sub_acq_rel without acquire", kNoNews},
                {"take_place: fetch_add_acq_rel without release", kTakerNext},
                {"take_place: fetch_sub_acq_rel without acquire", kNoNews},
                {"take_place: fetch_sub_acq_rel without release", kTakerNext},
                {"give_place: fetch_sub_acq_rel without acquire", kNoNews}});
});

}  // namespace
