// The run slot of scheduler/worker.hpp with mistakes of logic, in a copy. The production code is checked in worker_suite.cpp.
#include "memory/atomic.hpp"
#include "model/items.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

enum class Bug { kNone, kStoreAlways, kTakeByStore, kFillRelaxed };

template <Bug B, int Thieves>
struct Slot {
  static constexpr int kThreads = 1 + Thieves;
  Book<3> book;
  Atomic<Runnable*> slot{nullptr};

  void submit_local(Runnable* r) {
    if (B == Bug::kStoreAlways || slot.load_relaxed() == nullptr) {
      B == Bug::kFillRelaxed ? slot.store_relaxed(r) : slot.store_release(r);
      return;
    }
    if (Runnable* old = slot.exchange_acq_rel(r)) book.take(old);  // goes to the ring
  }
  Runnable* take() {
    if (slot.load_relaxed() == nullptr) return nullptr;
    if (B == Bug::kTakeByStore) {
      Runnable* r = slot.load_acquire();
      slot.store_relaxed(nullptr);
      return r;
    }
    return slot.exchange_acq_rel(nullptr);
  }
  void thread(int id) {
    if (id > 0) {
      if (Runnable* r = take()) book.take(r);
      return;
    }
    submit_local(book.submit(0));
    submit_local(book.submit(1));
    if (Runnable* r = take()) book.take(r);
    submit_local(book.submit(2));
  }
  void finish() {
    if (Runnable* r = take()) book.take(r);
    book.expect_all_taken();
  }
};

const Suite suite("slot", [](Suite& s) {
  s.verify<Slot<Bug::kNone, 1>>("owner and thief", {.bound = 6});
  s.verify<Slot<Bug::kNone, 2>>("owner and 2 thieves", {.bound = 4});
  s.planted<Slot<Bug::kStoreAlways, 1>>("filled by a store although occupied", {.bound = 3}, "lost");
  s.planted<Slot<Bug::kTakeByStore, 1>>("taken by load and store", {.bound = 3}, "item");
  s.planted<Slot<Bug::kFillRelaxed, 1>>("filled relaxed", {.bound = 3}, "data race");
});

}  // namespace
