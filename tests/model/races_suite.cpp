// The checker's own test: data races, unpublished construction, use after delete, deadlock, crash and hang are found, and
// their correct counterparts are not.
#include "memory/atomic.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using model::Suite;
using model::Var;

// Message passing protects plain data; SC fences alone do not create happens-before.
template <bool Release>
struct PlainMessage {
  static constexpr int kThreads = 2;
  Var<int> data{0, "data"};
  Atomic<int> flag{0};
  void thread(int id) {
    if (id == 0) {
      data.set(1);
      Release ? flag.store_release(1) : flag.store_relaxed(1);
    } else if (flag.load_acquire() == 1) {
      model::check(data.get() == 1, "data lost");
    }
  }
};
// The same without Var: every plain access of a suite is race-checked (checker/plain_memory.cpp).
template <bool Release>
struct BarePlainMessage {
  static constexpr int kThreads = 2;
  struct Two {
    uint8_t left = 0;
    uint8_t right = 0;
  } data;
  Atomic<int> flag{0};
  int seen = 0;
  void thread(int id) {
    if (id == 0) {
      data.left = 1;
      Release ? flag.store_release(1) : flag.store_relaxed(1);
    } else {
      data.right = 1;  // a neighbour in the same word
      if (flag.load_acquire() == 1) seen = data.left;
    }
  }
};
// An object deleted while somebody may still read it; one deleted in order.
template <bool Ordered>
struct DeleteEarly {
  static constexpr int kThreads = 2;
  Atomic<int*> object{nullptr};
  Atomic<int> done{0};
  DeleteEarly() { object.store_relaxed(new int(4)); }
  void thread(int id) {
    if (id == 0) {
      model::check(*object.load_relaxed() == 4, "content");
      done.store_release(1);
      return;
    }
    while (Ordered && done.load_acquire() == 0) cpu_relax();
    delete object.load_relaxed();
  }
};
struct ScFencesOnly {
  static constexpr int kThreads = 2;
  Var<int> data{0, "data"};
  void thread(int id) {
    if (id == 0) data.set(1);
    fence_seq_cst();
    if (id == 1) static_cast<void>(data.get());
  }
};
// An object published by a relaxed store: its construction is not visible.
template <bool Release>
struct PublishObject {
  static constexpr int kThreads = 2;
  alignas(8) unsigned char memory[sizeof(Atomic<int>)];
  Atomic<Atomic<int>*> slot{nullptr};
  void thread(int id) {
    if (id == 0) {
      auto* made = new (memory) Atomic<int>(7);
      Release ? slot.store_release(made) : slot.store_relaxed(made);
    } else if (Atomic<int>* got = slot.load_acquire()) {
      model::check(got->load_relaxed() == 7, "initial value lost");
    }
  }
};
// Liveness: a spinner whose condition never comes, and one whose condition comes.
template <bool Ever>
struct Spinner {
  static constexpr int kThreads = 2;
  Atomic<bool> go{false};
  void thread(int id) {
    if (id == 1 && Ever) go.store_release(true);
    if (id == 0) {
      while (!go.load_acquire()) cpu_relax();
    }
  }
};
// A spinner that gives up by itself is not a deadlock.
struct BoundedSpin {
  static constexpr int kThreads = 1;
  Atomic<int> go{0};
  void thread(int) {
    for (int i = 0; i < 20 && go.load_acquire() == 0; ++i) cpu_relax();
  }
};
struct PlainHang {
  static constexpr int kThreads = 1;
  void thread(int) {
    for (volatile int i = 0; i >= 0;) i = 0;
  }
};
struct Crash {
  static constexpr int kThreads = 1;
  Atomic<int*> p{nullptr};
  void thread(int) { *p.load_relaxed() = 1; }
};

const Suite suite("races", [](Suite& s) {
  s.verify<PlainMessage<true>>("plain data behind release/acquire", {.bound = 4});
  s.planted<PlainMessage<false>>("plain data behind a relaxed store", {.bound = 4}, "data race");
  s.verify<BarePlainMessage<true>>("bare plain data behind release/acquire", {.bound = 4});
  s.planted<BarePlainMessage<false>>("bare plain data behind a relaxed store", {.bound = 4}, "plain memory");
  s.verify<DeleteEarly<true>>("deleted in order", {.bound = 4});
  s.planted<DeleteEarly<false>>("deleted under a reader", {.bound = 4}, "plain memory");
  s.planted<ScFencesOnly>("SC fences give no happens-before", {.bound = 4}, "data race");
  s.verify<PublishObject<true>>("object published by release", {.bound = 4});
  s.planted<PublishObject<false>>("object published relaxed", {.bound = 4}, "construction is not visible");
  s.verify<Spinner<true>>("a spinner sees the write", {.bound = 4});
  s.planted<Spinner<false>>("a spinner without a writer", {.bound = 4}, "deadlock");
  s.verify<BoundedSpin>("a bounded spin ends", {.bound = 4});
  s.planted<Crash>("a crash is a failure", {.bound = 1}, "crash");
  s.planted<PlainHang>("a plain endless loop is a failure", {.bound = 1}, "hang");
});

}  // namespace
