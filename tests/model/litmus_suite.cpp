// The checker's own test: classic litmus shapes must show exactly the outcomes C++20 allows (without load buffering, which
// view models exclude; LB itself is a case below, so that the limit is on record).
#include <string>

#include "memory/atomic.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using model::outcome;
using model::Suite;

std::string digits(std::initializer_list<int> values) {
  std::string s;
  for (const int v : values) s += static_cast<char>('0' + v);
  return s;
}

enum class Strength { kRelaxed, kAcqRel, kFence };

void store(Atomic<int>& a, int v, Strength s) { s == Strength::kRelaxed ? a.store_relaxed(v) : a.store_release(v); }
int load(const Atomic<int>& a, Strength s) { return s == Strength::kRelaxed ? a.load_relaxed() : a.load_acquire(); }

// Store buffering: x=1; r0=y || y=1; r1=x.
template <Strength S>
struct StoreBuffering {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r[2] = {};
  void thread(int id) {
    Atomic<int>& mine = id == 0 ? x : y;
    Atomic<int>& other = id == 0 ? y : x;
    store(mine, 1, S);
    if (S == Strength::kFence) fence_seq_cst();
    r[id] = load(other, S);
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

// The same with a fence on one side only.
struct StoreBufferingOneFence {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r[2] = {};
  void thread(int id) {
    (id == 0 ? x : y).store_relaxed(1);
    if (id == 0) fence_seq_cst();
    r[id] = (id == 0 ? y : x).load_relaxed();
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

// Message passing: data=1; flag=1 || r0=flag; r1=data.
template <Strength W, Strength R>
struct MessagePassing {
  static constexpr int kThreads = 2;
  Atomic<int> data{0}, flag{0};
  int r[2] = {};
  void thread(int id) {
    if (id == 0) {
      data.store_relaxed(1);
      if (W == Strength::kFence) fence_release();
      W == Strength::kAcqRel ? flag.store_release(1) : flag.store_relaxed(1);
    } else {
      r[0] = R == Strength::kAcqRel ? flag.load_acquire() : flag.load_relaxed();
      if (R == Strength::kFence) fence_acquire();
      r[1] = data.load_relaxed();
    }
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

struct LoadBuffering {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r[2] = {};
  void thread(int id) {
    r[id] = (id == 0 ? x : y).load_relaxed();
    (id == 0 ? y : x).store_relaxed(1);
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

// Independent reads of independent writes: two writers, two readers in opposite order.
template <bool Fences>
struct Iriw {
  static constexpr int kThreads = 4;
  Atomic<int> x{0}, y{0};
  int r[4] = {};
  void thread(int id) {
    if (id < 2) return (id == 0 ? x : y).store_release(1);
    Atomic<int>& first = id == 2 ? x : y;
    Atomic<int>& second = id == 2 ? y : x;
    const int at = (id - 2) * 2;
    r[at] = first.load_acquire();
    if (Fences) fence_seq_cst();
    r[at + 1] = second.load_acquire();
  }
  // Only the interesting outcome by name: the readers disagree about the order of the writes.
  void finish() { outcome(r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0 ? "disagree" : "agree"); }
};

// Coherence: two reads of one location never go backwards; two writers, two readers never disagree on the order.
struct CoRR {
  static constexpr int kThreads = 2;
  Atomic<int> x{0};
  int r[2] = {};
  void thread(int id) {
    if (id == 0) {
      x.store_relaxed(1);
      x.store_relaxed(2);
    } else {
      r[0] = x.load_relaxed();
      r[1] = x.load_relaxed();
    }
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

struct CoRR2 {
  static constexpr int kThreads = 4;
  Atomic<int> x{0};
  int r[4] = {};
  void thread(int id) {
    if (id < 2) return x.store_relaxed(id + 1);
    r[(id - 2) * 2] = x.load_relaxed();
    r[(id - 2) * 2 + 1] = x.load_relaxed();
  }
  void finish() { outcome((r[0] == 1 && r[1] == 2 && r[2] == 2 && r[3] == 1) ? "disagree" : "agree"); }
};

// A release sequence: data; flag=1 (release) || flag RMW relaxed || reader acquires the RMW's value. Data must be visible.
enum class Middle { kRmw, kStore };
template <Middle M>
struct ReleaseSequence {
  static constexpr int kThreads = 3;
  Atomic<int> data{0}, flag{0};
  int seen = -1;
  void thread(int id) {
    if (id == 0) {
      data.store_relaxed(1);
      flag.store_release(1);
    } else if (id == 1) {
      if (M == Middle::kRmw) {
        int one = 1;
        static_cast<void>(flag.cas_strong_relaxed(one, 2));
      } else if (flag.load_relaxed() == 1) {
        flag.store_relaxed(2);
      }
    } else if (flag.load_acquire() == 2) {
      seen = data.load_relaxed();
    }
  }
  void finish() { outcome(seen < 0 ? "none" : digits({seen})); }
};

// 2+2W: x=1; y=2 || y=1; x=2. The weak outcome (both ends 1) needs stores that enter the modification order early.
template <bool Fence>
struct TwoPlusTwoW {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  void thread(int id) {
    (id == 0 ? x : y).store_relaxed(1);
    if (Fence) fence_seq_cst();
    (id == 0 ? y : x).store_relaxed(2);
  }
  void finish() { outcome(digits({x.load_relaxed(), y.load_relaxed()})); }
};

// A thread's own stores stay in order, also behind what it has read.
struct CoWW {
  static constexpr int kThreads = 2;
  Atomic<int> x{0};
  int r = 0;
  void thread(int id) {
    if (id == 0) {
      x.store_relaxed(1);
      x.store_relaxed(2);
    } else {
      r = x.load_relaxed();
      if (r == 2) x.store_relaxed(1);  // read 2: the new 1 is behind it
      if (r == 1) x.store_relaxed(2);
    }
  }
  // seen, end. r == 0: nothing stored.
  void finish() {
    const int end = x.load_relaxed();
    outcome(r == 0 ? "22" : digits({r, end}));
  }
};

// x.store(1) against x.fetch_add(5): the sum is 1 (add first) or 6 (store first), whatever order they ran in.
struct EarlyRmw {
  static constexpr int kThreads = 2;
  Atomic<int> x{0};
  int read = -1;
  void thread(int id) {
    if (id == 0) {
      x.store_relaxed(1);
    } else {
      read = x.fetch_add_relaxed(5);
    }
  }
  void finish() {
    const int end = x.load_relaxed();
    model::check(end == (read == 1 ? 6 : 1), "the RMW is not adjacent to what it read");
    outcome(digits({read, end}));
  }
};

// S: x=2; y=1 (release) || r=y; x=1. After an acquired read of y the store of 1 is last.
template <bool Acquire>
struct StoreOrder {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r = 0;
  void thread(int id) {
    if (id == 0) {
      x.store_relaxed(2);
      y.store_release(1);
    } else {
      r = Acquire ? y.load_acquire() : y.load_relaxed();
      if (r == 1) x.store_relaxed(1);
    }
  }
  void finish() {
    if (r == 1) outcome(digits({x.load_relaxed()}));
  }
};

// A failing CAS may return an old value; a succeeding one is always on the newest.
struct FailingCas {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r[2] = {9, 9};
  void thread(int id) {
    if (id == 0) {
      x.store_relaxed(1);
      y.store_relaxed(1);
    } else {
      r[0] = y.load_relaxed();
      int expected = 1;
      r[1] = x.cas_strong_relaxed(expected, 5) ? 1 : 0;
    }
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

// A read-modify-write with seq_cst on one location orders nothing for a later relaxed load (AArch64: LDAXR, STLXR, LDR).
struct StoreBufferingScRmw {
  static constexpr int kThreads = 2;
  Atomic<int> x{0}, y{0};
  int r[2] = {};
  void thread(int id) {
    static_cast<void>((id == 0 ? x : y).fetch_add_seq_cst(1));
    r[id] = (id == 0 ? y : x).load_relaxed();
  }
  void finish() { outcome(digits({r[0], r[1]})); }
};

using enum Strength;
const Suite suite("litmus", [](Suite& s) {
  s.litmus<StoreBuffering<kRelaxed>>("SB relaxed", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<StoreBuffering<kAcqRel>>("SB acquire/release", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<StoreBuffering<kFence>>("SB with SC fences", {.bound = 4}, {"01", "10", "11"});
  s.litmus<StoreBufferingOneFence>("SB with one SC fence", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<StoreBufferingScRmw>("SB with seq_cst RMWs and relaxed loads", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<MessagePassing<kRelaxed, kAcqRel>>("MP relaxed store", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<MessagePassing<kAcqRel, kRelaxed>>("MP relaxed load", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<MessagePassing<kAcqRel, kAcqRel>>("MP release/acquire", {.bound = 4}, {"00", "01", "11"});
  s.litmus<MessagePassing<kFence, kFence>>("MP with fences", {.bound = 4}, {"00", "01", "11"});
  s.litmus<MessagePassing<kFence, kAcqRel>>("MP release fence, acquire load", {.bound = 4}, {"00", "01", "11"});
  s.litmus<MessagePassing<kAcqRel, kFence>>("MP release store, acquire fence", {.bound = 4}, {"00", "01", "11"});
  s.litmus<MessagePassing<kFence, kRelaxed>>("MP release fence, relaxed load", {.bound = 4}, {"00", "01", "10", "11"});
  s.litmus<LoadBuffering>("LB is excluded", {.bound = 4}, {"00", "01", "10"});
  s.litmus<Iriw<false>>("IRIW acquire/release", {.bound = 4}, {"agree", "disagree"});
  s.litmus<Iriw<true>>("IRIW with SC fences", {.bound = 4}, {"agree"});
  s.litmus<CoRR>("CoRR", {.bound = 4}, {"00", "01", "02", "11", "12", "22"});
  s.litmus<CoRR2>("CoRR, two writers", {.bound = 4}, {"agree"});
  s.litmus<ReleaseSequence<Middle::kRmw>>("release sequence through an RMW", {.bound = 4}, {"none", "1"});
  s.litmus<ReleaseSequence<Middle::kStore>>("release sequence cut by a store", {.bound = 4}, {"none", "0", "1"});
  s.litmus<TwoPlusTwoW<false>>("2+2W", {.bound = 4}, {"11", "12", "21", "22"});
  s.litmus<TwoPlusTwoW<true>>("2+2W with SC fences", {.bound = 4}, {"12", "21", "22"});
  s.litmus<CoWW>("CoWW, CoRW", {.bound = 4}, {"12", "21", "22"});
  s.litmus<EarlyRmw>("an RMW and a store race for their order", {.bound = 4}, {"01", "16"});
  s.litmus<StoreOrder<false>>("S: store after a relaxed read", {.bound = 4}, {"1", "2"});
  s.litmus<StoreOrder<true>>("S: store after an acquired read", {.bound = 4}, {"1"});
  s.litmus<FailingCas>("a failing CAS may be stale", {.bound = 4}, {"00", "01", "10", "11"});
});

}  // namespace
