// What blocks and what is not atomic: the modelled kernel (futex), mutexes, batons, and Var's race check.
#include "model/checker/engine.hpp"

namespace wippy::model {

// ---- the kernel -------------------------------------------------------------------------------------------------------

// The kernel compares under its bucket lock: the newest value, atomically with going to sleep. It promises no ordering to
// user code, so none is given. A timed or early return is a choice of the explorer (Options::early_returns) or happens
// when nothing else can.
FutexResult futex_wait(const void* word, uint32_t expected, bool timed) {
  Engine& e = engine();
  e.pause_point();
  int index = 0;
  Location& l = e.location(word, *static_cast<const uint32_t*>(word), index);
  ModelThread& t = e.self();
  const Message& newest = l.messages[static_cast<std::size_t>(l.count - 1)];
  const auto value = static_cast<uint32_t>(newest.value);
  t.cur.at[index] = newest.stamp;  // a relaxed load
  t.acq.join(newest.view);
  if (e.tracing)
    e.record(value == expected ? "futex_wait: sleeps" : "futex_wait: changed", Site::current(), index, value, 0);
  if (value != expected) return FutexResult::kChanged;
  t.wait = Wait::kFutex;
  t.word = word;
  t.timed = timed;
  t.timed_out = false;
  e.reschedule(false);
  return t.timed_out ? FutexResult::kTimedOut : FutexResult::kWoken;
}

int futex_wake(const void* word, int count) {
  Engine& e = engine();
  e.pause_point();
  int woken = 0;
  for (int i = 1; i <= e.threads && woken < count; ++i) {
    if (e.thread[i].wait != Wait::kFutex || e.thread[i].word != word) continue;
    e.thread[i].wait = Wait::kNone;
    ++woken;
  }
  if (e.tracing) e.record("futex_wake", Site::current(), -1, static_cast<uint64_t>(woken), 0);
  return woken;
}

// A test-and-set lock on the mutex's own address; it is never itself the object of a check.
void mutex_lock(const void* m) {
  for (uint64_t free_word = 0;
       !atomic_cas(m, 0, free_word, 1, false, kAcquire, kRelaxed, "mutex_lock", Site::current()); free_word = 0) {
    relax(Site::current());
  }
}
void mutex_unlock(const void* m) { atomic_store(m, 0, 0, kRelease, "mutex_unlock", Site::current()); }

void Baton::give(const char* if_given_twice) {
  Engine& e = engine();
  e.pause_point();
  if (if_given_twice != nullptr && count_ != 0) fail(if_given_twice);
  view_.join(e.self().cur);
  ++e.self().cur.clock[e.current];
  ++count_;
  ++e.writes;
  ++e.self().writes;
  if (e.tracing) e.record("give", Site::current(), -1, 0, 0);
  for (int i = 1; i <= e.threads; ++i) {
    if (e.thread[i].wait == Wait::kFutex && e.thread[i].word == this) e.thread[i].wait = Wait::kNone;
  }
}

bool Baton::take() {
  Engine& e = engine();
  e.pause_point();
  ModelThread& t = e.self();
  while (count_ == 0 && !closed_) {
    t.wait = Wait::kFutex;
    t.word = this;
    t.timed = t.timed_out = false;
    e.reschedule(false);
  }
  if (e.tracing) e.record(count_ > 0 ? "take" : "take: closed", Site::current(), -1, 0, 0);
  if (count_ == 0) return false;
  --count_;
  t.cur.join(view_);
  return true;
}

bool Baton::try_take() {
  Engine& e = engine();
  e.pause_point();
  if (count_ == 0) return false;
  --count_;
  e.self().cur.join(view_);
  if (e.tracing) e.record("take", Site::current(), -1, 0, 0);
  return true;
}

void Baton::close() {
  closed_ = true;
  give();  // wakes everybody
  count_ = 0;
}

// ---- time ---------------------------------------------------------------------------------------------------------------

void clock_advance(uint64_t ns) { engine().now_ns += ns; }
void clock_step(uint64_t ns) { engine().clock_step_ns = ns; }
uint64_t clock_read() { return engine().now_ns += engine().clock_step_ns; }

// ---- plain data ---------------------------------------------------------------------------------------------------------

void plain_created(PlainState& p) noexcept {
  if (!executing()) return;
  Engine& e = engine();
  p = PlainState{};
  p.write_thread = static_cast<int16_t>(e.current);
  p.write_clock = e.self().cur.clock[e.current];
}

void plain_read(const PlainState& p, PlainState& mutable_p, const char* what, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  View& v = e.self().cur;
  if (e.tracing) e.record("read", s, -1, 0, 0), e.trace.back().note = what;
  if (v.clock[p.write_thread] < p.write_clock)
    fail(std::string("data race: read of a write that is not visible: ") + what);
  mutable_p.read_clock[e.current] = v.clock[e.current];
}

void plain_write(PlainState& p, const char* what, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  View& v = e.self().cur;
  if (e.tracing) e.record("write", s, -1, 0, 0), e.trace.back().note = what;
  if (v.clock[p.write_thread] < p.write_clock)
    fail(std::string("data race: write over a write that is not visible: ") + what);
  for (int t = 0; t <= e.threads; ++t) {
    if (t != e.current && v.clock[t] < p.read_clock[t]) {
      fail(std::string("data race: write over a read that is not ordered before: ") + what);
    }
  }
  p.write_thread = static_cast<int16_t>(e.current);
  p.write_clock = v.clock[e.current];
}

}  // namespace wippy::model
