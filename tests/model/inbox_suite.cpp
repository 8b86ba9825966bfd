// scheduler/inbox.hpp: two pushers; the owner and a sibling take.
#include "model/items.hpp"
#include "scheduler/inbox.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// Pusher 0 pushes items 0 … First-1, pusher 1 the others. Each taker sees each pusher's items in order.
template <int First, int Items, int Takers>
struct PushersAndTakers {
  static constexpr int kThreads = 2 + Takers;
  Book<Items> book;
  Inbox inbox;
  Aside<int> was_empty = 0;
  Aside<int> batches = 0;

  void take() {
    RunnableList list = inbox.take_all();
    if (list.first != nullptr) ++batches;
    Rising order[2];
    const uint32_t count = list.count;
    uint32_t n = 0;
    while (Runnable* r = list.pop()) {
      const int i = book.take(r);
      order[i < First ? 0 : 1].see(i);
      ++n;
    }
    check(n == count && list.count == 0, "a list lies about its length");
  }
  void thread(int id) {
    if (id >= 2) return take();
    for (int i = id == 0 ? 0 : First; i < (id == 0 ? First : Items); ++i) {
      if (inbox.push(book.submit(i))) ++was_empty;
    }
  }
  void finish() {
    take();
    book.expect_all_taken();
    check(was_empty == batches, "a batch without the wake-up its first pusher owes");
    check(!inbox.has_entries(), "hint");
  }
};

// An item comes back: the same Runnable is pushed again while a slow pusher still holds it as the head it saw (ABA).
struct SameItemAgain {
  static constexpr int kThreads = 2;
  Book<1> other;
  Item again;
  Inbox inbox;
  int seen_again = 0;
  SameItemAgain() { push_again(); }
  void push_again() {
    again.payload.set(7);
    static_cast<void>(inbox.push(&again));
  }
  void take(bool push_back) {
    RunnableList list = inbox.take_all();
    while (Runnable* r = list.pop()) {
      if (r == &again) {
        check(again.payload.get() == 7, "payload");
        ++seen_again;
        if (push_back) push_again();
      } else {
        other.take(r);
      }
    }
  }
  void thread(int id) {
    if (id == 0) {
      take(true);
      take(false);
    } else {
      static_cast<void>(inbox.push(other.submit(0)));
    }
  }
  void finish() {
    take(false);
    other.expect_all_taken();
    check(seen_again == 2, "the item that came back was lost or seen twice");
  }
};

enum class Bug { kNone, kPlainTake, kLinkAfterPush, kLookThenStore };
template <Bug B>
struct BadInbox {
  static constexpr int kThreads = 3;
  Book<2> book;
  Atomic<Runnable*> head{nullptr};
  void push(Runnable* r) {
    Runnable* h = head.load_relaxed();
    if (B == Bug::kLookThenStore) {  // no CAS
      r->queue_next = h;
      return head.store_release(r);
    }
    do {
      r->queue_next = B == Bug::kLinkAfterPush ? nullptr : h;
    } while (!head.cas_weak_release(h, r));
    if (B == Bug::kLinkAfterPush) {
      note("link");
      fence_seq_cst();  // anything may happen before the link is written
      r->queue_next = h;
    }
  }
  void take() {
    Runnable* r = nullptr;
    if (B == Bug::kPlainTake) {
      r = head.load_acquire();
      head.store_relaxed(nullptr);
    } else {
      r = head.exchange_acquire(nullptr);
    }
    while (r != nullptr) {
      Runnable* older = r->queue_next;
      book.take(r);
      r = older;
    }
  }
  void thread(int id) {
    if (id == 2) return take();
    push(book.submit(id));
  }
  void finish() {
    take();
    book.expect_all_taken();
  }
};

const Suite suite("inbox", [](Suite& s) {
  s.verify<PushersAndTakers<2, 3, 1>>("2 pushers (2+1), owner", {.bound = 4});
  s.verify<PushersAndTakers<2, 3, 2>>("2 pushers (2+1), owner and sibling", {.bound = 3});
  s.verify<SameItemAgain>("an item comes back", {.bound = 5});
  s.verify<PushersAndTakers<1, 2, 2>>("spurious CAS failures", {.bound = 3, .weak_failures = 2});
  s.verify<BadInbox<Bug::kNone>>("the copy without a mistake", {.bound = 3});
  s.planted<BadInbox<Bug::kPlainTake>>("take by load and store", {.bound = 3}, "item");
  s.planted<BadInbox<Bug::kLookThenStore>>("push by load and store", {.bound = 3}, "data race");
  s.planted<BadInbox<Bug::kLinkAfterPush>>("link after push", {.bound = 3}, "data race");
  s.weakenings("every order weakened", {Suite::scenario<PushersAndTakers<2, 3, 1>>({.bound = 3})},
               {"scheduler/inbox.hpp"}, {});
});

}  // namespace
