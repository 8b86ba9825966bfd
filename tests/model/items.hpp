// What the suites of the run queues put into them, and the book of who took what.
#pragma once

#include "model/checker/suite.hpp"
#include "scheduler/runnable.hpp"

namespace wippy::model {

// Its payload is written by whoever submits it and read by whoever takes it: a race unless the queue orders the two.
struct Item final : Runnable {
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
  Var<int> payload{0, "payload"};
  int id = 0;
};

// Exactly once: every submitted item is taken by one thread, once. The book itself is outside the modelled program.
template <int N>
class Book {
 public:
  Book() {
    for (int i = 0; i < N; ++i) items_[i].id = i;
  }
  // The submitter, just before it gives the item away.
  Runnable* submit(int i) {
    items_[i].payload.set(100 + i);
    return &items_[i];
  }
  // The taker. Returns the item's number.
  int take(Runnable* r) {
    auto* item = static_cast<Item*>(r);
    check(item >= items_ && item < items_ + N, "a taken pointer is no item");
    check(item->payload.get() == 100 + item->id, "payload not the submitter's");
    check(++taken_[item->id] == 1, "item taken twice");
    return item->id;
  }
  void expect_all_taken(int count = N) const {
    for (int i = 0; i < count; ++i) check(taken_[i] == 1, "item lost");
  }

 private:
  Item items_[N];
  Aside<int> taken_[N];
};

// One taker's order: numbers must grow.
class Rising {
 public:
  void see(int id) {
    check(id > last_, "taken out of order");
    last_ = id;
  }

 private:
  int last_ = -1;
};

}  // namespace wippy::model
