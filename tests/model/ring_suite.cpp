// scheduler/ring.hpp: every item exactly once, published, oldest first for each taker, over laps, batch steals, a thief's own
// ring stolen from, and overflow.
#include "model/items.hpp"
#include "scheduler/ring.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// The owner pushes more items than the ring has slots, so that positions wrap while a thief holds old ones.
template <uint32_t N, int Items, int Steals>
struct OwnerAndThief {
  static constexpr int kThreads = 2;
  Book<Items> book;
  RunRing<N> victim, own;
  Rising owner_order, thief_order;

  void thread(int id) {
    if (id == 0) {
      for (int i = 0; i < Items; ++i) {
        while (!victim.push(book.submit(i))) {
          Runnable* r = victim.pop();
          if (r != nullptr) owner_order.see(book.take(r));
        }
      }
      while (Runnable* r = victim.pop()) owner_order.see(book.take(r));
      return;
    }
    for (int i = 0; i < Steals; ++i) {
      Runnable* first = nullptr;
      if (victim.steal_half_into(own, first) == 0) continue;
      thief_order.see(book.take(first));
      while (Runnable* r = own.pop()) thief_order.see(book.take(r));
    }
  }
  void finish() { book.expect_all_taken(); }
};

// A second thief robs the first one's ring while the first robs the owner: slots of dst that are not published yet are read
// by a thief of dst.
template <uint32_t N>
struct ChainOfThieves {
  static constexpr int kThreads = 3;
  static constexpr int kItems = N == 2 ? 3 : 4;  // the last one is pushed by the owner of a
  Book<kItems> book;
  RunRing<N> a, b, c;
  ChainOfThieves() {
    for (int i = 0; i < kItems - 2; ++i) check(a.push(book.submit(i)), "room");
    check(b.push(book.submit(kItems - 2)), "room");
  }
  void take_all(RunRing<N>& from) {
    while (Runnable* r = from.pop()) book.take(r);
  }
  void rob(RunRing<N>& from, RunRing<N>& to) {
    Runnable* first = nullptr;
    if (from.steal_half_into(to, first) != 0) book.take(first);
  }
  void thread(int id) {
    if (id == 0) {
      check(a.push(book.submit(kItems - 1)), "room");
      if (Runnable* r = a.pop()) book.take(r);
    } else if (id == 1) {
      if (Runnable* r = b.pop()) book.take(r);
      rob(a, b);
      if (Runnable* r = b.pop()) book.take(r);
    } else {
      rob(b, c);
    }
  }
  void finish() {
    take_all(a);
    take_all(b);
    take_all(c);
    book.expect_all_taken();
  }
};

// The ring is full: the owner takes the older half away while a thief takes some.
template <uint32_t N>
struct Overflow {
  static constexpr int kThreads = 2;
  static constexpr int kItems = static_cast<int>(N) + 1;
  Book<kItems> book;
  RunRing<N> ring, own;
  Overflow() {
    for (int i = 0; i < kItems - 1; ++i) check(ring.push(book.submit(i)), "room");
  }
  void thread(int id) {
    if (id == 0) {
      Runnable* r = book.submit(kItems - 1);
      Rising order;
      while (!ring.push(r)) {
        Runnable* out[RunRing<N>::kHalf];
        const uint32_t n = ring.take_half(out);
        for (uint32_t i = 0; i < n; ++i) order.see(book.take(out[i]));
      }
      return;
    }
    Runnable* first = nullptr;
    if (ring.steal_half_into(own, first) != 0) book.take(first);
  }
  void finish() {
    while (Runnable* r = ring.pop()) book.take(r);
    while (Runnable* r = own.pop()) book.take(r);
    book.expect_all_taken();
  }
};

// The thief's ring is nearly full: it may take only what it has room for.
struct LittleRoom {
  static constexpr int kThreads = 2;
  Book<8> book;
  RunRing<4> victim, own;
  LittleRoom() {
    for (int i = 0; i < 4; ++i) check(victim.push(book.submit(i)), "room");
    for (int i = 4; i < 8; ++i) check(own.push(book.submit(i)), "room");
  }
  void thread(int id) {
    if (id == 0) {
      if (Runnable* r = victim.pop()) book.take(r);
      return;
    }
    Runnable* first = nullptr;
    const uint32_t n = victim.steal_half_into(own, first);
    check(n <= 1, "a full ring took more than the item to run");
    if (n == 1) book.take(first);
  }
  void finish() {
    while (Runnable* r = victim.pop()) book.take(r);
    while (Runnable* r = own.pop()) book.take(r);
    book.expect_all_taken();
  }
};

// ---- logic mistakes, in a copy ------------------------------------------------------------------------------------------
enum class Bug { kStoreHead, kTakeBeforeCopy, kCountBeforeItem, kNoRoomCheck };
template <Bug B>
struct BadRing {
  Atomic<uint64_t> head{0}, tail{0};
  Atomic<Runnable*> slot[2];
  bool push(Runnable* r) {
    const uint64_t t = tail.load_relaxed();
    if (B != Bug::kNoRoomCheck && t - head.load_acquire() >= 2) return false;
    if (B == Bug::kCountBeforeItem) tail.store_release(t + 1);
    slot[t & 1].store_relaxed(r);
    if (B != Bug::kCountBeforeItem) tail.store_release(t + 1);
    return true;
  }
  Runnable* take(bool owner) {
    uint64_t h = head.load_acquire();
    for (;;) {
      if (h == tail.load_acquire()) return nullptr;
      if (B == Bug::kTakeBeforeCopy) {
        if (!head.cas_strong_acq_rel(h, h + 1)) continue;
        return slot[h & 1].load_relaxed();
      }
      Runnable* r = slot[h & 1].load_relaxed();
      if (B == Bug::kStoreHead && owner) {  // "I am the owner, I need no CAS"
        head.store_release(h + 1);
        return r;
      }
      if (head.cas_strong_acq_rel(h, h + 1)) return r;
    }
  }
};
template <Bug B>
struct BadRingScenario {
  static constexpr int kThreads = 2;
  Book<4> book;
  BadRing<B> ring;
  void thread(int id) {
    if (id == 0) {
      for (int i = 0; i < 4; ++i) {
        while (!ring.push(book.submit(i))) {
          if (Runnable* r = ring.take(true)) book.take(r);
        }
      }
    } else {
      for (int i = 0; i < 2; ++i) {
        if (Runnable* r = ring.take(false)) book.take(r);
      }
    }
  }
  void finish() {
    while (Runnable* r = ring.take(true)) book.take(r);
    book.expect_all_taken();
  }
};

// Why some orders may be weakened without a failure here.
const char* const kLoadStore =
    "orders a taker's read of a slot before the owner's next write to it: load buffering, which view models exclude";
const char* const kOwnItems = "the owner takes what it pushed itself; the CAS's atomicity decides who wins";
const char* const kOlderTail =
    "without it a tail older than the head costs one more round (available > N); the tail's acquire, (2), is caught";

const Suite suite("ring", [](Suite& s) {
  s.verify<OwnerAndThief<2, 4, 2>>("ring of 2, 4 items, thief x 2", {.bound = 3});
  s.verify<OwnerAndThief<4, 5, 2>>("ring of 4, 5 items, thief x 2", {.bound = 2});
  s.verify<ChainOfThieves<4>>("thief robs a robbing thief", {.bound = 3});
  s.verify<Overflow<4>>("overflow of a full ring of 4", {.bound = 3});
  s.verify<LittleRoom>("thief with a full ring", {.bound = 3});
  s.planted<BadRingScenario<Bug::kStoreHead>>("owner takes by a plain store", {.bound = 3}, "data race");
  s.planted<BadRingScenario<Bug::kTakeBeforeCopy>>("position taken before the copy", {.bound = 3}, "data race");
  s.planted<BadRingScenario<Bug::kCountBeforeItem>>("count published before the item", {.bound = 3}, "item");
  s.planted<BadRingScenario<Bug::kNoRoomCheck>>("push without looking at the head", {.bound = 3}, "twice");
  s.weakenings("every order weakened",
               {Suite::scenario<OwnerAndThief<2, 3, 1>>({.bound = 2}), Suite::scenario<ChainOfThieves<2>>({.bound = 2}),
                Suite::scenario<Overflow<2>>({.bound = 3})},
               {"scheduler/ring.hpp"},
               {{"push: load_acquire without acquire", kLoadStore},
                {"pop: cas_strong_acq_rel without release", kLoadStore},
                {"take_half: cas_strong_acq_rel without release", kLoadStore},
                {"steal_half_into: cas_strong_acq_rel without release", kLoadStore},
                {"pop: cas_strong_acq_rel without acquire", kOwnItems},
                {"pop: cas_strong_acq_rel failing without acquire", kOwnItems},
                {"take_half: cas_strong_acq_rel without acquire", kOwnItems},
                {"take_half: cas_strong_acq_rel failing without acquire", kOwnItems},
                {"steal_half_into: load_acquire without acquire", kOlderTail, 3},
                {"steal_half_into: cas_strong_acq_rel without acquire", kOlderTail},
                {"steal_half_into: cas_strong_acq_rel failing without acquire", kOlderTail}});
});

}  // namespace
