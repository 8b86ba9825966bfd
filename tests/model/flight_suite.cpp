// runtime/observe/flight_ring.hpp: a writer that laps a tiny ring, and a reader of it. Each word of a snapshot is the event of
// the position that it is reported for.
#include "memory/this_thread.hpp"
// Under names of its own: the suites of the process layer have quiet ones in the same program (model/process_world.hpp).
#define FlightRingBase ModelledFlightRingBase
#define FlightRingOf ModelledFlightRingOf
#define FlightRing ModelledFlightRing
#define FlightRings ModelledFlightRings
#include "runtime/observe/flight_ring.hpp"

#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

constexpr uint64_t value_at(uint64_t position) { return position + 100; }
constexpr uint64_t word_at(uint64_t position) { return FlightRing::word(FlightKind::kWake, value_at(position)); }

enum class Bug {
  kNone,
  kNoWriterFence,
  kNoReaderFence,
  kKeepsOverwritten,  // no second look at the cursor
  kKeepsOneOnItsWay,  // the word that is being written counts as old
  kCursorBeforeWord,
};

// The ring with room for a mistake.
template <Bug B>
class BadRing {
 public:
  explicit BadRing(uint32_t words) : mask_(words - 1) {}
  void note(FlightKind kind, uint64_t value) {
    const uint64_t at = cursor_.load_relaxed();
    if (B == Bug::kCursorBeforeWord) cursor_.store_release(at + 1);
    if (B != Bug::kNoWriterFence) fence_release();
    words_[at & mask_].store_relaxed(FlightRing::word(kind, value));
    if (B != Bug::kCursorBeforeWord) cursor_.store_release(at + 1);
  }
  FlightRing::Snapshot snapshot() const {
    const uint64_t capacity = uint64_t{mask_} + 1;
    const uint64_t end = cursor_.load_acquire();
    FlightRing::Snapshot s;
    s.first = end > capacity ? end - capacity : 0;
    for (uint64_t at = s.first; at < end; ++at) s.words.push_back(words_[at & mask_].load_relaxed());
    if (B == Bug::kKeepsOverwritten) return s;
    if (B != Bug::kNoReaderFence) fence_seq_cst();
    const uint64_t later = cursor_.load_relaxed() + (B == Bug::kKeepsOneOnItsWay ? 0 : 1);
    const uint64_t overwritten = later > capacity ? later - capacity : 0;
    while (s.first < overwritten && !s.words.empty()) {
      s.words.erase(s.words.begin());
      ++s.first;
    }
    return s;
  }

 private:
  const uint32_t mask_;
  Atomic<uint64_t> cursor_{0};
  Atomic<uint64_t> words_[4];
};

template <uint32_t Words>
struct RealRing : FlightRingOf<Words> {
  explicit RealRing(uint32_t) : FlightRingOf<Words>(3) {}
};

template <class Ring, uint32_t Words, uint64_t Notes, int Reads>
struct Lapping {
  static constexpr int kThreads = 2;
  Ring ring{Words};

  void look() {
    const FlightRing::Snapshot s = ring.snapshot();
    for (std::size_t i = 0; i < s.words.size(); ++i)
      check(s.words[i] == word_at(s.first + i), "a word of another position");
  }
  void thread(int id) {
    if (id == 1) {
      for (int i = 0; i < Reads; ++i) look();
      return;
    }
    for (uint64_t i = 0; i < Notes; ++i) ring.note(FlightKind::kWake, value_at(i));
  }
  void finish() {
    look();
    const FlightRing::Snapshot s = ring.snapshot();
    check(s.first + s.words.size() == Notes, "the newest event is missing");
    check(s.words.size() >= (Notes < Words ? Notes : Words - 1), "more is left out than may be on its way");
  }
};

// A reader comes upon a ring that another thread has just taken.
struct NewRing {
  static constexpr int kThreads = 2;
  FlightRings rings;
  void thread(int id) {
    if (id == 0) {
      auto& r = rings.take<2>();
      r.note(FlightKind::kWake, value_at(0));
      return rings.give_back(r);
    }
    for (uint32_t i = 0; i < rings.count(); ++i) {
      const FlightRing::Snapshot s = rings.at(i).snapshot();
      for (std::size_t k = 0; k < s.words.size(); ++k)
        check(s.words[k] == word_at(s.first + k), "a word of another position");
    }
  }
  void finish() {
    check(rings.count() == 1 && rings.at(0).snapshot().words.size() == 1, "the event of the ring is lost");
  }
};

template <Bug B>
using Bad = Lapping<BadRing<B>, 2, 4, 1>;

const char* const kCount = "the count, stored behind the pointer, publishes both";

const Suite suite("flight", [](Suite& s) {
  using B = Bug;
  s.verify<Lapping<RealRing<2>, 2, 5, 1>>("2 words, 5 events", {.bound = 6});
  s.verify<Lapping<RealRing<4>, 4, 6, 1>>("4 words, 6 events", {.bound = 4});
  s.verify<Lapping<RealRing<2>, 2, 3, 2>>("2 words, read twice", {.bound = 5});
  s.verify<NewRing>("a ring that is just being made", {.bound = 4});
  s.verify<Bad<B::kNone>>("the copy without a mistake", {.bound = 4});
  s.planted<Bad<B::kNoWriterFence>>("writer without its fence", {.bound = 3}, "another position");
  s.planted<Bad<B::kNoReaderFence>>("reader without its fence", {.bound = 3}, "another position");
  s.planted<Bad<B::kKeepsOverwritten>>("reader keeps overwritten words", {.bound = 3}, "another position");
  s.planted<Bad<B::kKeepsOneOnItsWay>>("reader keeps the word on its way", {.bound = 3}, "another position");
  s.planted<Bad<B::kCursorBeforeWord>>("cursor moved before the word", {.bound = 3}, "another position");
  s.weakenings("every order weakened",
               {Suite::scenario<Lapping<RealRing<2>, 2, 4, 1>>({.bound = 4}), Suite::scenario<NewRing>({.bound = 3})},
               {"runtime/observe/flight_ring.hpp"},
               {{"snapshot: fence_seq_cst only acq_rel", "an acquire fence is what is needed; there is no such verb"},
                {"take: store_release without release", kCount},
                {"at: load_acquire without acquire", kCount}});
});

}  // namespace
