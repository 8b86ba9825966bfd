// Words by which a configuration is handed to those who run: the rules of a host, the version of its boundary, the table of programs,
// the deadline of a stop, and what ends a run. HostCore::capabilities_ as it is; the others written here after their functions
// (transcribed.txt): they need a registry, a security layer or a whole application around them.
#include "memory/grace.hpp"
#include "runtime/process/host_core.hpp"

#include "model/checker/suite.hpp"

namespace wippy {
class NodeCore {};  // a HostCore only keeps its address
}  // namespace wippy

namespace {
using namespace wippy;
using namespace wippy::model;

// ---- HostCore::capabilities_: ProcessHost::set_capabilities against a spawn that asks ---------------------------------------
struct Rules {
  Var<int> modules{0, "rules of a host"};
};
struct CapabilitiesChange {
  static constexpr int kThreads = 2;
  NodeCore node;
  HostCore core{node, 0, "h"};
  Rules before, after;
  CapabilitiesChange() {
    before.modules.set(1);
    core.set_capabilities(reinterpret_cast<const HostCapabilities*>(&before));
  }
  void thread(int id) {
    if (id == 0) {
      after.modules.set(2);
      return core.set_capabilities(reinterpret_cast<const HostCapabilities*>(&after));
    }
    auto* rules = const_cast<Rules*>(reinterpret_cast<const Rules*>(core.capabilities()));
    check(rules->modules.get() == (rules == &after ? 2 : 1), "rules that are not made");
  }
};

// ---- boundary_version_: HostCore::set_boundary against GuardState::boundary -------------------------------------------------
// Who sees the version of a boundary gets that one or a newer one, and an old one is never kept under a new version.
enum class Boundaries { kRight, kVersionFirst, kVersionAfterUse };
template <Boundaries B>
struct BoundaryChange {
  static constexpr int kThreads = 2;
  Mutex mutex;
  Var<int> boundary{0, "boundary"};
  Atomic<uint64_t> version{0};
  Aside<int> kept;  // of the worker: GuardState
  Aside<uint64_t> kept_version;

  void change(int to) {
    if (B == Boundaries::kVersionFirst) static_cast<void>(version.fetch_add_acq_rel(1));
    {
      LockGuard lock(mutex);
      boundary.set(to);
    }
    if (B != Boundaries::kVersionFirst) static_cast<void>(version.fetch_add_acq_rel(1));
  }
  int look() {
    LockGuard lock(mutex);
    return boundary.get();
  }
  void ask() {
    uint64_t seen = version.load_acquire();
    if (seen == kept_version) return;
    kept = look();
    if (B == Boundaries::kVersionAfterUse) seen = version.load_acquire();
    kept_version = seen;
  }
  void thread(int id) {
    if (id == 0) {
      change(1);
      return change(2);
    }
    ask();
    ask();
  }
  void finish() {
    ask();  // the next check after the change
    check(kept == 2, "an old boundary is kept");
  }
};

// ---- Programs::current_: publish against find ------------------------------------------------------------------------------
// A spawn copies out of a table; the table that it replaced is freed after a grace period.
enum class Tables { kRight, kRelaxed, kNoSection, kNoGrace, kSealedBefore };
template <Tables B>
struct TableChange {
  static constexpr int kThreads = 2;
  BasicGraceDomain<3> grace;
  ReaderRecord* reader = grace.register_reader(ReaderKind::kWorker);
  struct Table {
    Var<int> definitions{0, "table of programs"};
  } first, second;
  Atomic<Table*> current{&first};
  TableChange() {
    first.definitions.set(1);
    grace.online(*reader);
  }

  void read() {
    Table* const table = current.load_acquire();
    check(table->definitions.get() == (table == &first ? 1 : 2), "a table that is not made, or freed");
  }
  void find() {
    if (B == Tables::kNoSection) return read();
    const ReaderSection section(*reader);
    read();
  }
  void publish() {
    second.definitions.set(2);
    uint64_t epoch = B == Tables::kSealedBefore ? grace.seal() : 0;
    B == Tables::kRelaxed ? current.store_relaxed(&second) : current.store_release(&second);
    if (B != Tables::kSealedBefore) epoch = grace.seal();
    if (B == Tables::kNoGrace || grace.passed(epoch, process_wide_barrier())) first.definitions.set(0);  // freed
  }
  void thread(int id) {
    if (id == 0) return publish();
    find();
    grace.quiescent(*reader);  // between two steps
    find();
    grace.offline(*reader);
  }
};

// ---- NodeApp::trigger_: the first to ask ends the run, and with its code ----------------------------------------------------
enum class Trigger { kRight, kStore, kLookThenStore, kRelaxed, kWakeFirst };
template <Trigger B>
struct EndOfRun {
  static constexpr int kThreads = 3;
  Atomic<uint32_t> trigger{0};
  Atomic<uint32_t> parker{0};  // a token, as Parker's
  Var<int> reason[2];          // what the asker wrote before it asked
  Aside<uint32_t> first;       // who asked first

  void ask(uint32_t why) {
    reason[why - 1].set(static_cast<int>(why));
    if (B == Trigger::kWakeFirst) parker.store_release(1);
    uint32_t none = 0;
    switch (B) {
      case Trigger::kStore: trigger.store_release(why); break;
      case Trigger::kLookThenStore:
        if (trigger.load_acquire() == 0) trigger.store_release(why);
        break;
      case Trigger::kRelaxed: static_cast<void>(trigger.cas_strong_relaxed(none, why)); break;
      default: static_cast<void>(trigger.cas_strong_acq_rel(none, why));
    }
    if (B != Trigger::kWakeFirst) parker.store_release(1);
  }
  void thread(int id) {
    if (id != 0) return ask(static_cast<uint32_t>(id));
    uint32_t why = trigger.load_acquire();
    while (why == 0) {  // run_to_end; park() takes the token
      wait_until([&] { return parker.load_acquire() != 0; });
      parker.store_relaxed(0);
      why = trigger.load_acquire();
    }
    check(reason[why - 1].get() == static_cast<int>(why), "the reason is not there");
    first = why;
  }
  void finish() { check(trigger.load_acquire() == first, "another reason than the one that ended the run"); }
};

// ---- ProcessHost::deadline_ns_: the earliest of those who stop a host holds --------------------------------------------------
enum class Stop { kRight, kNoMutex, kAlways };
template <Stop B>
struct StopDeadlines {
  static constexpr int kThreads = 3;
  Mutex state_mutex;
  Atomic<uint64_t> deadline{100};

  void bring_forward(uint64_t to) {
    if (B == Stop::kAlways || to < deadline.load_relaxed()) deadline.store_relaxed(to);
  }
  void thread(int id) {
    const uint64_t to = id == 0 ? 30 : id == 1 ? 20 : 0;  // finish_stop twice, hurry
    if (B == Stop::kNoMutex) return bring_forward(to);
    LockGuard lock(state_mutex);
    bring_forward(to);
  }
  void finish() { check(deadline.load_relaxed() == 0, "a later deadline holds"); }
};

const char* const kOnlyCompared = "only compared; who sees it grown comes to the lock after that writer: coherence";
const char* const kAfterAll = "after the end of all threads, or of the one thread itself";
const char* const kNoNews = "who asks reads nothing of who asked before";
const char* const kToken = "the token that ended the wait came after it";

const Suite suite("publish", [](Suite& s) {
  s.verify<CapabilitiesChange>("rules of a host change", {.bound = 6});
  s.weakenings("every order weakened: rules", {Suite::scenario<CapabilitiesChange>({.bound = 4})},
               {"process/host_core.hpp"}, {});
  s.verify<BoundaryChange<Boundaries::kRight>>("boundary changes twice", {.bound = 5});
  s.planted<BoundaryChange<Boundaries::kVersionFirst>>("version grows before the boundary changes", {.bound = 3},
                                                       "old boundary");
  s.planted<BoundaryChange<Boundaries::kVersionAfterUse>>("version read after the boundary", {.bound = 3},
                                                          "old boundary");
  s.verify<TableChange<Tables::kRight>>("table of programs changes", {.bound = 4});
  s.planted<TableChange<Tables::kRelaxed>>("table published relaxed", {.bound = 3}, "data race");
  s.planted<TableChange<Tables::kNoSection>>("found outside a section", {.bound = 3}, "data race");
  s.planted<TableChange<Tables::kNoGrace>>("table freed at once", {.bound = 3}, "data race");
  s.planted<TableChange<Tables::kSealedBefore>>("grace period begun before publishing", {.bound = 4}, "data race");
  s.verify<EndOfRun<Trigger::kRight>>("two reasons to end", {.bound = 4});
  s.planted<EndOfRun<Trigger::kStore>>("the last reason counts", {.bound = 3}, "another reason");
  s.planted<EndOfRun<Trigger::kLookThenStore>>("looked at, then stored", {.bound = 3}, "another reason");
  s.planted<EndOfRun<Trigger::kRelaxed>>("asked relaxed", {.bound = 3}, "data race");
  s.planted<EndOfRun<Trigger::kWakeFirst>>("woken before asked", {.bound = 3}, "deadlock");
  s.verify<StopDeadlines<Stop::kRight>>("deadlines of a stop", {.bound = 5});
  s.planted<StopDeadlines<Stop::kNoMutex>>("compared and written without the mutex", {.bound = 3}, "later deadline");
  s.planted<StopDeadlines<Stop::kAlways>>("a later one is written too", {.bound = 3}, "later deadline");
  s.weakenings("every order weakened: the copies",
               {Suite::scenario<BoundaryChange<Boundaries::kRight>>({.bound = 3}),
                Suite::scenario<TableChange<Tables::kRight>>({.bound = 3}),
                Suite::scenario<EndOfRun<Trigger::kRight>>({.bound = 3})},
               {"model/publish_suite.cpp"},
               {{"change: fetch_add_acq_rel", kOnlyCompared, 2},
                {"ask: load_acquire without acquire", kOnlyCompared},
                {"finish: load_acquire without acquire", kAfterAll},
                {"ask: cas_strong_acq_rel without acquire", kNoNews},
                {"ask: cas_strong_acq_rel failing without acquire", kNoNews},
                {"thread: load_acquire without acquire", kToken}});
});

}  // namespace
