// memory/depot.hpp: magazines between threads. An item is with one thread at a time, its content published, ABA excluded.
#include "memory/depot.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

using Mag = Magazine<2>;

template <int Magazines, int Items>
struct Store {
  Mag magazine[Magazines];
  Var<int> item[Items];
  MagazineStack<Mag> full;
  MagazineStack<Mag> empty;
  Store() {
    for (int i = 0; i < Magazines; ++i) magazine[i].index = static_cast<uint32_t>(i);
  }
  void fill(Mag* m, int first, int count) {
    for (int i = 0; i < count; ++i) m->items[i] = &item[first + i];
    m->count = static_cast<uint32_t>(count);
  }
  // Whoever has the magazine uses all of its items.
  void use(Mag* m) {
    for (uint32_t i = 0; i < m->count; ++i) {
      auto* v = static_cast<Var<int>*>(m->items[i]);
      v->set(v->get() + 1);
    }
  }
  int drain(MagazineStack<Mag>& from) {
    int items = 0;
    while (Mag* m = from.pop(magazine)) {
      use(m);
      items += static_cast<int>(m->count);
    }
    return items;
  }
};

// Each thread takes a magazine, uses the items, gives it back: the ABA shape (pop, pop, push against a slow pop).
template <int Threads, int Magazines, int Rounds>
struct Exchange : Store<Magazines, Magazines * 2> {
  static constexpr int kThreads = Threads;
  Exchange() {
    for (int i = Magazines - 1; i >= 0; --i) {
      this->fill(&this->magazine[i], i * 2, 2);
      this->full.push(&this->magazine[i]);
    }
  }
  void thread(int) {
    for (int i = 0; i < Rounds; ++i) {
      if (Mag* m = this->full.pop(this->magazine)) {
        this->use(m);
        this->full.push(m);
      }
    }
  }
  void finish() { check(this->drain(this->full) == Magazines * 2, "a magazine was lost or doubled"); }
};

// The ABA shape itself: thread 0 pops once; thread 1 pops two and puts the first back.
struct AbaShape : Store<3, 6> {
  static constexpr int kThreads = 2;
  int held[2] = {0, 0};
  AbaShape() {
    for (int i = 2; i >= 0; --i) {
      fill(&magazine[i], i * 2, 2);
      full.push(&magazine[i]);
    }
  }
  Mag* take(int id) {
    Mag* m = full.pop(magazine);
    if (m != nullptr) {
      use(m);
      held[id] += 2;
    }
    return m;
  }
  void thread(int id) {
    Mag* first = take(id);
    if (id == 0) return;
    static_cast<void>(take(id));
    if (first != nullptr) {
      held[id] -= 2;
      full.push(first);
    }
  }
  void finish() { check(drain(full) + held[0] + held[1] == 6, "a magazine was lost or doubled"); }
};

// The thread caches of memory/slab.cpp over the two stacks: allocate two, use, free them; magazines change hands both ways.
struct Caches : Store<5, 4> {
  static constexpr int kThreads = 2;
  Mag* loaded[2];
  Caches() {
    fill(&magazine[0], 0, 2);
    fill(&magazine[1], 2, 2);
    full.push(&magazine[0]);
    full.push(&magazine[1]);
    loaded[0] = &magazine[2];
    loaded[1] = &magazine[3];
    empty.push(&magazine[4]);
  }
  Var<int>* allocate(int id) {
    if (loaded[id]->count == 0) {
      Mag* m = full.pop(magazine);
      if (m == nullptr) return nullptr;
      empty.push(loaded[id]);
      loaded[id] = m;
    }
    return static_cast<Var<int>*>(loaded[id]->items[--loaded[id]->count]);
  }
  void give(int id, Var<int>* v) {
    if (loaded[id]->count == 2) {
      Mag* m = empty.pop(magazine);
      check(m != nullptr && m->count == 0, "no empty magazine");
      full.push(loaded[id]);
      loaded[id] = m;
    }
    loaded[id]->items[loaded[id]->count++] = v;
  }
  void thread(int id) {
    Var<int>* mine[3];
    int n = 0;
    for (int i = 0; i < 3; ++i) {
      if (Var<int>* v = allocate(id)) mine[n++] = v;
    }
    while (n > 0) {
      Var<int>* v = mine[--n];
      v->set(v->get() + 1);
      give(id, v);
    }
  }
  void finish() {
    int items = drain(full);
    for (Mag* m : loaded) {
      use(m);
      items += static_cast<int>(m->count);
    }
    check(items == 4, "an item was lost or doubled");
  }
};

// ---- logic mistakes, in a copy: Treiber without the tag, and with the tag only on pushes that nobody compares ------------
enum class Bug { kNone, kNoTag, kNextAfterCas, kStoreHead };
template <Bug B>
struct BadStack : Store<3, 6> {
  static constexpr int kThreads = 2;
  Atomic<uint64_t> head{0};
  int held[2] = {0, 0};
  static constexpr uint64_t kOne = uint64_t{1} << 32;
  static constexpr uint64_t kMask = ~(kOne - 1);
  BadStack() {
    for (int i = 2; i >= 0; --i) {
      fill(&magazine[i], i * 2, 2);
      push(&magazine[i]);
    }
  }
  void push(Mag* m) {
    uint64_t h = head.load_relaxed();
    if (B == Bug::kStoreHead) {
      m->next.store_relaxed(static_cast<uint32_t>(h));
      return head.store_release((h & kMask) | (m->index + 1u));
    }
    do {
      if (B != Bug::kNextAfterCas) m->next.store_relaxed(static_cast<uint32_t>(h));
    } while (!head.cas_weak_release(h, (h & kMask) | (m->index + 1u)));
    if (B == Bug::kNextAfterCas) m->next.store_relaxed(static_cast<uint32_t>(h));
  }
  Mag* pop() {
    uint64_t h = head.load_acquire();
    for (;;) {
      const auto slot = static_cast<uint32_t>(h);
      if (slot == 0) return nullptr;
      Mag* m = magazine + (slot - 1u);
      const uint64_t below = m->next.load_relaxed();
      const uint64_t tag = (h & kMask) + (B == Bug::kNoTag ? 0 : kOne);
      if (head.cas_weak_acq_rel(h, tag | below)) return m;
    }
  }
  Mag* take(int id) {
    Mag* m = pop();
    if (m != nullptr) {
      use(m);
      held[id] += 2;
    }
    return m;
  }
  void thread(int id) {
    Mag* first = take(id);
    if (id == 0) return;
    static_cast<void>(take(id));
    if (first != nullptr) {
      held[id] -= 2;
      push(first);
    }
  }
  void finish() {
    int items = held[0] + held[1];
    for (int i = 0; i < 4; ++i) {
      Mag* m = pop();
      if (m == nullptr) break;
      use(m);
      items += 2;
    }
    check(items == 6, "a magazine was lost or doubled");
  }
};

const char* const kUnique =
    "the tag makes head values unique: what the CAS meets was already acquired by the load or the failure";
const char* const kNothingWritten =
    "a pop publishes nothing of its own; being an RMW it continues the pushes' release sequences";

const Suite suite("depot", [](Suite& s) {
  s.verify<Exchange<2, 2, 2>>("2 threads, 2 magazines, x 2", {.bound = 4});
  s.verify<Exchange<3, 2, 1>>("3 threads, 2 magazines", {.bound = 3});
  s.verify<AbaShape>("the ABA shape", {.bound = 5});
  s.verify<AbaShape>("the ABA shape, spurious CAS failures", {.bound = 3, .weak_failures = 2});
  s.verify<Caches>("thread caches over both stacks", {.bound = 3});
  s.verify<BadStack<Bug::kNone>>("the copy without a mistake", {.bound = 4});
  s.planted<BadStack<Bug::kNoTag>>("no tag (ABA)", {.bound = 4}, "lost or doubled");
  s.planted<BadStack<Bug::kNextAfterCas>>("link after push", {.bound = 4}, "lost or doubled");
  s.planted<BadStack<Bug::kStoreHead>>("push by a store", {.bound = 4}, "lost or doubled");
  s.weakenings(
      "every order weakened",
      {Suite::scenario<Exchange<2, 2, 2>>({.bound = 3}), Suite::scenario<AbaShape>({.bound = 3}),
       Suite::scenario<Caches>({.bound = 2})},
      {"memory/depot.hpp"},
      {{"pop: cas_weak_acq_rel without acquire", kUnique}, {"pop: cas_weak_acq_rel without release", kNothingWritten}});
});

}  // namespace
