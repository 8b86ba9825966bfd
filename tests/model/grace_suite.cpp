// memory/grace.hpp and grace.cpp as they are: no object is reused while a section that found it is open, and none is kept
// for ever. Readers are workers that acknowledge between steps, workers stuck in a step, workers that park and come back,
// and outside threads. membarrier(2) is answered by the model (checker/interpose.cpp). Each scenario runs twice: with
// fence_light() as a full fence on both sides, and "asymmetric": no instruction, and a barrier that reaches every thread
// where it stands, which is what production has.
#include "memory/grace.cpp"

#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

using Domain = BasicGraceDomain<3>;

// A published object that may be found, erased and reused.
struct Object {
  Atomic<int> id{1};
  Var<int> content{1, "object"};
  template <class F>
  void read_if_found(F&& before_use) {
    if (id.load_acquire() != 1) return;
    before_use();
    check(content.get() == 1, "a reused object was found");
  }
  void read_if_found() {
    read_if_found([] {});
  }
};

enum class Reader {
  kQuiescent,  // two steps with a section each, an acknowledgement after each, then parked
  kStuck,      // one endless step: never acknowledges; passed by the barrier
  kParks,      // parks, comes back online, has a section, parks
  kOutside,    // never acknowledges, flag with a full fence
  kRegisters,  // an outside thread that registers while the retirer looks, and leaves
  kTakesOver,  // registers into the record that the retirer's neighbour gives up
};

enum class Bug { kNone, kNoGrace, kSealBeforeErase, kFlagForgotten, kAckInSection };

template <Reader R, Bug B = Bug::kNone>
struct FindAgainstRetire {
  static constexpr int kThreads = 2;
  Domain domain;
  Object object;
  ReaderRecord* reader;
  ReaderRecord* retirer;

  FindAgainstRetire() {
    retirer = domain.register_reader(ReaderKind::kWorker);
    if (R != Reader::kRegisters) {
      reader = domain.register_reader(R == Reader::kOutside ? ReaderKind::kOutside : ReaderKind::kWorker);
    }
    if (R == Reader::kTakesOver) domain.unregister(reader);
    domain.online(*retirer);
    if (R == Reader::kQuiescent || R == Reader::kStuck) domain.online(*reader);
  }
  void section() {
    if (B == Bug::kFlagForgotten) return object.read_if_found();
    ReaderSection s(*reader);
    object.read_if_found([&] {
      if (B == Bug::kAckInSection) domain.quiescent(*reader);
    });
  }
  void read() {
    switch (R) {
      case Reader::kQuiescent:
        section();
        domain.quiescent(*reader);
        section();
        domain.quiescent(*reader);
        return domain.offline(*reader);
      case Reader::kStuck: return section();
      case Reader::kParks:
        domain.online(*reader);
        section();
        domain.quiescent(*reader);
        return domain.offline(*reader);
      case Reader::kOutside: section(); return section();
      case Reader::kRegisters:
      case Reader::kTakesOver:
        reader = domain.register_reader(ReaderKind::kOutside);
        section();
        return domain.unregister(reader);
    }
  }
  void thread(int id) {
    if (id == 0) return read();
    uint64_t epoch = 0;
    if (B == Bug::kSealBeforeErase) epoch = domain.seal();
    object.id.store_release(0);
    if (B != Bug::kSealBeforeErase) epoch = domain.seal();
    domain.quiescent(*retirer);  // between two steps
    const bool barrier = R == Reader::kStuck;
    if (B != Bug::kNoGrace) {
      wait_until([&] { return domain.passed(epoch, barrier && process_wide_barrier()); });
    }
    object.content.set(2);
  }
};

// One record, two threads one after the other: its plain fields (kind, last_seen) change hands. The first one never has a
// section, whose fence would order them too.
struct RecordChangesHands {
  static constexpr int kThreads = 2;
  BasicGraceDomain<1> domain;
  Object object;
  void thread(int id) {
    ReaderRecord* r = nullptr;
    wait_until([&] {
      r = domain.register_reader(id == 0 ? ReaderKind::kWorker : ReaderKind::kOutside);
      return r != nullptr;
    });
    if (id == 1) {
      ReaderSection s(*r);
      object.read_if_found();
    }
    domain.unregister(r);
  }
};

// Two retirers, two objects, each reading the other's: epochs of different batches.
struct TwoRetirers {
  static constexpr int kThreads = 2;
  Domain domain;
  Object object[2];
  ReaderRecord* record[2];
  TwoRetirers() {
    for (ReaderRecord*& r : record) {
      r = domain.register_reader(ReaderKind::kWorker);
      domain.online(*r);
    }
  }
  void thread(int id) {
    {
      ReaderSection s(*record[id]);
      object[1 - id].read_if_found();
    }
    object[id].id.store_release(0);
    const uint64_t epoch = domain.seal();
    wait_until([&] {
      domain.quiescent(*record[id]);
      return domain.passed(epoch, false);
    });
    object[id].content.set(2);
    domain.offline(*record[id]);
  }
};

// ---- RetireQueue: objects are handed over when workers park; the last one to park frees everything -----------------------
// The production domain is large: one, made outside executions, is used by all; its atomics start afresh in each.
GraceDomain g_domain;

enum class Work { kRetireAndPark, kParkOnly, kRetirePollPark };
template <int Workers, Work W0, Work W1, Work W2 = Work::kParkOnly>
struct ParkingWorkers {
  static constexpr int kThreads = Workers;
  static constexpr Work kWork[3] = {W0, W1, W2};
  struct Block : GraceNode {
    Object object;
    int freed = 0;
  };
  Block block[3];
  ReaderRecord* record[3] = {};
  RetireQueue queue[3] = {RetireQueue(g_domain), RetireQueue(g_domain), RetireQueue(g_domain)};

  ParkingWorkers() {
    static_cast<void>(g_domain.take_orphans());
    for (int i = 0; i < Workers; ++i) {
      record[i] = g_domain.register_reader(ReaderKind::kWorker);
      record[i]->last_seen = 0;
      g_domain.online(*record[i]);
    }
  }
  void reclaim(GraceNode* list) {
    for (; list != nullptr; list = list->grace_next) {
      auto* b = static_cast<Block*>(list);
      b->object.content.set(2);
      check(++b->freed == 1, "freed twice");
    }
  }
  void thread(int id) {
    {
      ReaderSection s(*record[id]);
      block[(id + 1) % Workers].object.read_if_found();
    }
    const Work w = kWork[id];
    if (w != Work::kParkOnly) {
      block[id].object.id.store_release(0);
      queue[id].retire(&block[id], 0);
    }
    g_domain.quiescent(*record[id]);
    if (w == Work::kRetirePollPark) {
      queue[id].touch(1);
      reclaim(queue[id].poll(1));
      g_domain.quiescent(*record[id]);
    }
    // Worker::sleep
    g_domain.offline(*record[id]);
    reclaim(queue[id].drain_for_park());
  }
  void finish() {
    // Everybody is parked. Nothing may be left: nobody would look at it until some unrelated wake-up.
    for (int i = 0; i < Workers; ++i) {
      if (kWork[i] != Work::kParkOnly) check(block[i].freed == 1, "left behind by parked workers");
    }
  }
};

const char* const kCountOnly =
    "count_ carries nothing: a record not counted yet is covered by the section's and seal's SC fences";
const char* const kTaken = "taking a record publishes nothing; a record that is taken is not read";
const char* const kFlagToo = "passed() also reads the section flag, which the section's end releases, (8) -> (7)";
const char* const kNoReading = "a retirer reads nothing that older batches published";

const Suite suite("grace", [](Suite& s) {
  for (const bool asymmetric : {false, true}) {
    const auto both = [&](int bound) { return Options{.bound = bound, .asymmetric = asymmetric}; };
    const char* const names[2][6] = {
        {"find | retire: acknowledging worker", "find | retire: stuck worker, barrier", "find | retire: parking worker",
         "find | retire: outside thread", "find | retire: thread that registers",
         "two retirers read each other's objects"},
        {"asymmetric, acknowledging worker", "asymmetric, stuck worker, barrier", "asymmetric, parking worker",
         "asymmetric, outside thread", "asymmetric, thread that registers", "asymmetric, two retirers"}};
    const char* const* n = names[asymmetric ? 1 : 0];
    s.verify<FindAgainstRetire<Reader::kQuiescent>>(n[0], both(4));
    s.verify<FindAgainstRetire<Reader::kStuck>>(n[1], both(4));
    s.verify<FindAgainstRetire<Reader::kParks>>(n[2], both(4));
    s.verify<FindAgainstRetire<Reader::kOutside>>(n[3], both(4));
    s.verify<FindAgainstRetire<Reader::kRegisters>>(n[4], both(4));
    s.verify<TwoRetirers>(n[5], both(3));
  }
  s.verify<RecordChangesHands>("a record changes hands", {.bound = 4});
  s.verify<FindAgainstRetire<Reader::kTakesOver>>("find | retire: record taken over", {.bound = 4});
  s.verify<ParkingWorkers<2, Work::kRetireAndPark, Work::kParkOnly>>("one retires, both park", {.bound = 3});
  s.verify<ParkingWorkers<2, Work::kRetireAndPark, Work::kRetireAndPark>>("both retire and park", {.bound = 3});
  s.verify<ParkingWorkers<2, Work::kRetirePollPark, Work::kRetireAndPark>>("one polls before it parks", {.bound = 2});
  s.verify<ParkingWorkers<3, Work::kRetireAndPark, Work::kRetireAndPark>>("3 workers park, two retire", {.bound = 2});
  s.planted<FindAgainstRetire<Reader::kQuiescent, Bug::kNoGrace>>("no grace period", {.bound = 3}, "data race");
  s.planted<FindAgainstRetire<Reader::kQuiescent, Bug::kSealBeforeErase>>("epoch before erase", {.bound = 3},
                                                                          "data race");
  s.planted<FindAgainstRetire<Reader::kOutside, Bug::kFlagForgotten>>("no section flag", {.bound = 3}, "data race");
  s.planted<FindAgainstRetire<Reader::kQuiescent, Bug::kAckInSection>>("acknowledged inside a section", {.bound = 3},
                                                                       "data race");
  s.weakenings("every order weakened",
               {Suite::scenario<FindAgainstRetire<Reader::kQuiescent>>({.bound = 3, .asymmetric = true}),
                Suite::scenario<FindAgainstRetire<Reader::kQuiescent>>({.bound = 3}),
                Suite::scenario<FindAgainstRetire<Reader::kStuck>>({.bound = 3, .asymmetric = true}),
                Suite::scenario<FindAgainstRetire<Reader::kStuck>>({.bound = 3}),
                Suite::scenario<FindAgainstRetire<Reader::kParks>>({.bound = 3, .asymmetric = true}),
                Suite::scenario<FindAgainstRetire<Reader::kOutside>>({.bound = 3}),
                Suite::scenario<FindAgainstRetire<Reader::kRegisters>>({.bound = 3}),
                Suite::scenario<FindAgainstRetire<Reader::kTakesOver>>({.bound = 3}),
                Suite::scenario<RecordChangesHands>({.bound = 3}),
                Suite::scenario<TwoRetirers>({.bound = 2, .asymmetric = true}),
                Suite::scenario<ParkingWorkers<2, Work::kRetireAndPark, Work::kRetireAndPark>>({.bound = 2})},
               {"memory/grace.hpp"},
               {{"register_reader: cas_strong_acq_rel without release", kTaken},
                {"register_reader: cas_strong_acq_rel failing without acquire", kTaken},
                {"unregister: store_release without release", kFlagToo},
                {"register_reader: cas_weak_acq_rel without acquire", kCountOnly},
                {"register_reader: cas_weak_acq_rel without release", kCountOnly},
                {"register_reader: cas_weak_acq_rel failing without acquire", kCountOnly},
                {"passed: load_acquire without acquire", kCountOnly},
                {"seal: fetch_add_acq_rel without acquire", kNoReading}});
});

}  // namespace
