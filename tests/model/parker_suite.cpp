// scheduler/parker.hpp and parker.cpp as they are: the futex system call is answered by the model (checker/interpose.cpp).
#include "scheduler/parker.cpp"

#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

// What a waker wrote before unpark() is visible after the token.
struct TokenCarriesData {
  static constexpr int kThreads = 2;
  Parker parker;
  Var<int> data{0, "data"};
  void thread(int id) {
    if (id == 1) {
      data.set(5);
      return parker.unpark();
    }
    while (!parker.park(kNeverNs)) {
    }
    check(data.get() == 5, "data");
  }
};

// Two wakers; tokens do not add up, but no reason to wake may be lost. The flags are relaxed: the token orders them.
template <bool Timed>
struct TwoWakers {
  static constexpr int kThreads = 3;
  Parker parker;
  Atomic<int> flag[2];
  Var<int> data[2];
  void thread(int id) {
    if (id < 2) {
      data[id].set(9);
      flag[id].store_relaxed(1);
      return parker.unpark();
    }
    bool token = false;
    while (flag[0].load_relaxed() == 0 || flag[1].load_relaxed() == 0) {
      token = parker.park(Timed ? 1 : kNeverNs);
    }
    static_cast<void>(token);
  }
};

// A merged unpark: both wakers were before the park, one token carries both.
struct MergedToken {
  static constexpr int kThreads = 3;
  Parker parker;
  Atomic<int> order{0};
  Var<int> data[2];
  void thread(int id) {
    if (id < 2) {
      data[id].set(9);
      parker.unpark();
      static_cast<void>(order.fetch_add_relaxed(1));
      return;
    }
    if (order.load_relaxed() != 2) return;  // relaxed: orders nothing
    check(parker.park(kNeverNs), "two unparks left no token");
    check(data[0].get() == 9 && data[1].get() == 9, "data");
  }
};

// A token left over from before makes one park return at once; the next one sleeps until the next unpark.
struct LeftOver {
  static constexpr int kThreads = 2;
  Parker parker;
  Atomic<int> rounds{0};
  LeftOver() { parker.unpark(); }
  void thread(int id) {
    if (id == 1) {
      rounds.store_relaxed(1);
      return parker.unpark();
    }
    check(parker.park(kNeverNs), "the left-over token");
    while (rounds.load_relaxed() == 0) static_cast<void>(parker.park(kNeverNs));
  }
};

// park() with a deadline may come back without a token, and leaves none behind that nobody gave.
struct DeadlineOnly {
  static constexpr int kThreads = 1;
  Parker parker;
  void thread(int) {
    check(!parker.park(1), "a token from nowhere");
    parker.unpark();
    check(parker.park(1), "the token is gone");
  }
};

// ---- logic mistakes, in a copy ------------------------------------------------------------------------------------------
enum class Bug { kNone, kStoreParked, kWakeOnlyIfSeenAsleep, kSleepOnToken };
template <Bug B>
struct BadParker {
  static constexpr int kThreads = 2;
  Atomic<uint32_t> word{0};
  Atomic<int> flag{0};
  void park() {
    uint32_t seen = 0;
    if (B == Bug::kStoreParked) {
      word.store_release(1);  // overwrites a token
      wippy::futex_wait(word, 1, kNeverNs);
    } else if (word.cas_strong_acquire(seen, 1)) {
      wippy::futex_wait(word, B == Bug::kSleepOnToken ? word.load_relaxed() : 1, kNeverNs);
    }
    static_cast<void>(word.exchange_acquire(0));
  }
  void unpark() {
    if (B == Bug::kWakeOnlyIfSeenAsleep) {
      const bool asleep = word.load_relaxed() == 1;
      static_cast<void>(word.exchange_release(2));
      if (asleep) futex_wake_one(word);
    } else if (word.exchange_release(2) == 1) {
      futex_wake_one(word);
    }
  }
  void thread(int id) {
    if (id == 1) {
      flag.store_relaxed(1);
      return unpark();
    }
    while (flag.load_relaxed() == 0) park();
  }
};

const char* const kExchangeFollows = "the exchange of (2) follows on every path and acquires";

const Suite suite("parker", [](Suite& s) {
  s.verify<TokenCarriesData>("the token carries the data", {.bound = 6, .early_returns = 2});
  s.verify<TwoWakers<false>>("2 wakers", {.bound = 4, .early_returns = 1});
  s.verify<TwoWakers<true>>("2 wakers, with deadline", {.bound = 3, .early_returns = 1});
  s.verify<MergedToken>("a merged token carries both", {.bound = 5});
  s.verify<LeftOver>("a token left over", {.bound = 6, .early_returns = 1});
  s.verify<DeadlineOnly>("deadline without a waker", {.bound = 2});
  s.verify<BadParker<Bug::kNone>>("the copy without a mistake", {.bound = 5});
  s.planted<BadParker<Bug::kStoreParked>>("announce by a store", {.bound = 3}, "deadlock");
  s.planted<BadParker<Bug::kWakeOnlyIfSeenAsleep>>("look before the exchange", {.bound = 3}, "deadlock");
  s.planted<BadParker<Bug::kSleepOnToken>>("sleep on whatever the word is", {.bound = 3}, "deadlock");
  s.weakenings("every order weakened",
               {Suite::scenario<TokenCarriesData>({.bound = 4, .early_returns = 1}),
                Suite::scenario<TwoWakers<false>>({.bound = 3}), Suite::scenario<MergedToken>({.bound = 4})},
               {"scheduler/parker.hpp"},
               {{"park: cas_strong_acquire without acquire", kExchangeFollows},
                {"park: cas_strong_acquire failing without acquire", kExchangeFollows}});
});

}  // namespace
