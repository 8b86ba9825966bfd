// The reference count of mailbox/buffer.hpp: the last holder frees, after all others have read. Written here after
// Buffer::release (transcribed.txt): what it frees with is no plain access that the checker sees.
#include "memory/atomic.hpp"
#include "model/checker/suite.hpp"

namespace {
using namespace wippy;
using namespace wippy::model;

enum class Bug { kNone, kRelaxed, kLookThenLower, kFreeAtZeroSeen };

// Each holder reads; one of them first makes a reference for the third, who gets it through a release/acquire hand-over.
template <Bug B>
struct Holders {
  static constexpr int kThreads = 3;
  Atomic<uint32_t> refs{2};
  Atomic<int> handed{0};
  Var<int> bytes{7, "bytes of the buffer"};
  Aside<int> freed;

  void free() {
    check(++freed == 1, "freed twice");
    bytes.set(0);
  }
  void release() {
    if (B == Bug::kLookThenLower) {
      const bool last = refs.load_acquire() == 1;
      static_cast<void>(refs.fetch_sub_acq_rel(1));
      if (last) free();
      return;
    }
    if (B == Bug::kFreeAtZeroSeen) {
      static_cast<void>(refs.fetch_sub_acq_rel(1));
      if (refs.load_acquire() == 0) free();
      return;
    }
    if ((B == Bug::kRelaxed ? refs.fetch_sub_relaxed(1) : refs.fetch_sub_acq_rel(1)) == 1) free();
  }
  void thread(int id) {
    if (id == 2 && handed.load_acquire() == 0) return;
    if (id == 1) {
      static_cast<void>(refs.fetch_add_relaxed(1));  // Buffer::retain
      handed.store_release(1);
    }
    check(bytes.get() == 7, "read after the free");
    release();
  }
  void finish() {
    const bool all = refs.load_acquire() == 0;
    check(freed == (all ? 1 : 0), "not freed by the last holder");
  }
};

const char* const kMailbox = "stands for the mailbox; the bytes were there before";

const Suite suite("buffer", [](Suite& s) {
  s.verify<Holders<Bug::kNone>>("3 holders, one new", {.bound = 5});
  s.planted<Holders<Bug::kRelaxed>>("count lowered relaxed", {.bound = 3}, "data race");
  s.planted<Holders<Bug::kLookThenLower>>("looked at before it is lowered", {.bound = 3}, "not freed");
  s.planted<Holders<Bug::kFreeAtZeroSeen>>("looked at after it is lowered", {.bound = 3}, "freed twice");
  s.weakenings("every order weakened", {Suite::scenario<Holders<Bug::kNone>>({.bound = 3})}, {"model/buffer_suite.cpp"},
               {{"thread: load_acquire without acquire", kMailbox},
                {"thread: store_release without release", kMailbox},
                {"finish: load_acquire without acquire", "after the end of all threads"}});
});

}  // namespace
