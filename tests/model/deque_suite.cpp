// scheduler/deque.hpp: Chase-Lev after Le et al., with growth.
#include "model/items.hpp"
#include "scheduler/deque.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

template <uint32_t Capacity, int Items, int Thieves, int Steals, bool Oldest = false>
struct OwnerAndThieves {
  static constexpr int kThreads = 1 + Thieves;
  Book<Items> book;
  NewbornDeque<Capacity> deque;

  void thread(int id) {
    if (id == 0) {
      for (int i = 0; i < Items; ++i) check(deque.push(book.submit(i)), "out of memory");
      if (Oldest) {
        if (Runnable* r = deque.steal()) book.take(r);
      }
      while (Runnable* r = deque.pop()) book.take(r);
      return;
    }
    Rising order;  // a thief sees the oldest first
    for (int i = 0; i < Steals; ++i) {
      if (Runnable* r = deque.steal()) order.see(book.take(r));
    }
  }
  void finish() { book.expect_all_taken(); }
};

// Push and pop alternate, so that bottom_ goes up and down under the thief's eyes.
template <uint32_t Capacity>
struct UpAndDown {
  static constexpr int kThreads = 2;
  Book<3> book;
  NewbornDeque<Capacity> deque;
  void thread(int id) {
    if (id == 0) {
      check(deque.push(book.submit(0)), "out of memory");
      if (Runnable* r = deque.pop()) book.take(r);
      check(deque.push(book.submit(1)), "out of memory");
      check(deque.push(book.submit(2)), "out of memory");
      if (Runnable* r = deque.pop()) book.take(r);
      return;
    }
    for (int i = 0; i < 2; ++i) {
      if (Runnable* r = deque.steal()) book.take(r);
    }
  }
  void finish() {
    while (Runnable* r = deque.pop()) book.take(r);
    book.expect_all_taken();
  }
};

// ---- logic mistakes, in a copy ------------------------------------------------------------------------------------------
enum class Bug { kBatchSteal, kNoCasForLast, kFreeOldBuffer, kBottomNotRestored };
template <Bug B>
struct BadDeque {
  Atomic<int64_t> top{0}, bottom{0};
  Atomic<Runnable*> cell[4];
  void push(Runnable* r) {
    const int64_t b = bottom.load_relaxed();
    cell[b & 3].store_relaxed(r);
    fence_release();
    bottom.store_relaxed(b + 1);
  }
  Runnable* pop() {
    const int64_t b = bottom.load_relaxed() - 1;
    bottom.store_relaxed(b);
    fence_seq_cst();
    int64_t t = top.load_relaxed();
    if (t > b) {
      if (B != Bug::kBottomNotRestored) bottom.store_relaxed(b + 1);
      return nullptr;
    }
    Runnable* r = cell[b & 3].load_relaxed();
    if (t == b && B != Bug::kNoCasForLast) {
      if (!top.cas_strong_seq_cst(t, t + 1)) r = nullptr;
      bottom.store_relaxed(b + 1);
    }
    return r;
  }
  int steal(Runnable** out) {
    int64_t t = top.load_acquire();
    fence_seq_cst();
    const int64_t b = bottom.load_acquire();
    if (t >= b) return 0;
    const int64_t n = B == Bug::kBatchSteal && b - t > 1 ? 2 : 1;  // rulings S5: a batch is wrong with a LIFO owner
    for (int64_t i = 0; i < n; ++i) out[i] = cell[(t + i) & 3].load_relaxed();
    return top.cas_strong_seq_cst(t, t + n) ? static_cast<int>(n) : 0;
  }
};
template <Bug B>
struct BadDequeScenario {
  static constexpr int kThreads = 2;
  Book<3> book;
  BadDeque<B> deque;
  void thread(int id) {
    if (id == 0) {
      deque.push(book.submit(0));
      deque.push(book.submit(1));
      if (Runnable* r = deque.pop()) book.take(r);
      if (Runnable* r = deque.pop()) book.take(r);
      if (Runnable* r = deque.pop()) book.take(r);
      deque.push(book.submit(2));
    } else {
      Runnable* out[2];
      const int n = deque.steal(out);
      for (int i = 0; i < n; ++i) book.take(out[i]);
    }
  }
  void finish() {
    while (Runnable* r = deque.pop()) book.take(r);
    book.expect_all_taken();
  }
};

// Why some orders may be weakened without a failure here.
const char* const kLoadStore =
    "(5) -> (6) orders a taker's read of a slot before the owner's next write to it: load buffering, which view models "
    "exclude";
const char* const kFences =
    "kept as published: the SC fences (3)/(4) and the CAS's atomicity already decide the winner";

const Suite suite("deque", [](Suite& s) {
  s.verify<OwnerAndThieves<2, 2, 1, 2>>("2 items, thief x 2", {.bound = 4});
  s.verify<OwnerAndThieves<2, 2, 2, 1>>("2 items, 2 thieves", {.bound = 3});
  s.verify<OwnerAndThieves<1, 3, 1, 2>>("growing from 1, 3 items, thief x 2", {.bound = 3});
  s.verify<OwnerAndThieves<2, 3, 1, 2, true>>("oldest first for the owner", {.bound = 3});
  s.verify<UpAndDown<1>>("push and pop alternate, growing", {.bound = 3});
  s.verify<UpAndDown<2>>("push and pop alternate, wrapping", {.bound = 3});
  s.planted<BadDequeScenario<Bug::kBatchSteal>>("steal two by one CAS", {.bound = 3}, "twice");
  s.planted<BadDequeScenario<Bug::kNoCasForLast>>("last item without CAS", {.bound = 3}, "twice");
  s.planted<BadDequeScenario<Bug::kBottomNotRestored>>("bottom not restored when empty", {.bound = 3}, "lost");
  s.weakenings(
      "every order weakened",
      {Suite::scenario<OwnerAndThieves<2, 2, 1, 2>>({.bound = 3}), Suite::scenario<UpAndDown<1>>({.bound = 3}),
       Suite::scenario<UpAndDown<2>>({.bound = 3}), Suite::scenario<OwnerAndThieves<2, 2, 2, 1>>({.bound = 2})},
      {"scheduler/deque.hpp"},
      {{"push: load_acquire without acquire", kLoadStore},
       {"steal: cas_strong_seq_cst without release", kLoadStore},
       {"pop: cas_strong_seq_cst without release", kLoadStore},
       {"pop: cas_strong_seq_cst without acquire", kFences},
       {"steal: cas_strong_seq_cst without acquire", kFences},
       {"steal: load_acquire without acquire", kFences}});
});

}  // namespace
