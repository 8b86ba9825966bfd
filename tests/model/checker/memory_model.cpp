// The memory model's operations; the rules are at the head of world.hpp.
#include <cstdio>

#include "model/checker/engine.hpp"
#include "model/checker/mutation.hpp"

namespace wippy::model {

Slot& Engine::slot(const void* a) {
  auto h = reinterpret_cast<uintptr_t>(a);
  h = (h ^ (h >> 15)) * 0x9e3779b97f4a7c15u;
  for (uint32_t i = static_cast<uint32_t>(h >> 40);; ++i) {
    Slot& s = slots[i & (kSlots - 1)];
    if (s.stamp != stamp) {
      if (++slots_used > kSlots / 2) fail("too many atomics constructed in one execution");
      s = Slot{a, stamp, -1, 0, 0};
      return s;
    }
    if (s.address == a) return s;
  }
}

Location& Engine::location(const void* a, uint64_t initial, int& index) {
  Slot& s = slot(a);
  if (s.location < 0) {
    if (location_count == kMaxLocations) fail("too many atomics touched in one execution (kMaxLocations)");
    s.location = static_cast<int16_t>(location_count++);
    if (locations.size() < static_cast<std::size_t>(location_count)) locations.emplace_back();
    Location& l = locations[static_cast<std::size_t>(s.location)];
    l.address = a;
    l.constructor_thread = s.constructor_thread;
    l.constructor_clock = s.constructor_clock;
    if (l.messages.empty()) l.messages.resize(16);
    l.messages[0].value = initial;
    l.messages[0].view.clear();
    l.count = 1;
  }
  index = s.location;
  Location& l = locations[static_cast<std::size_t>(index)];
  if (self().cur.clock[l.constructor_thread] < l.constructor_clock) {
    fail("data race: an atomic is used by a thread to which its construction is not visible");
  }
  return l;
}

void atomic_constructed(const void* a) noexcept {
  if (!executing()) return;
  Engine& e = engine();
  Slot& s = e.slot(a);
  s.location = -1;
  s.constructor_thread = static_cast<int16_t>(e.current);
  s.constructor_clock = ++e.self().cur.clock[e.current];
}

namespace {

// Reads message i of l into the thread's views.
void observe(ModelThread& t, int index, int i, const Message& m, Order o) {
  t.cur.at[index] = static_cast<int16_t>(i);
  if ((o & kAcquire) != 0) {
    t.cur.join(m.view);
  } else {
    t.acq.join(m.view);
  }
}

// Appends a message; `continues` is the message an RMW read, whose release sequence goes on.
void append(Engine& e, ModelThread& t, Location& l, int index, uint64_t value, Order o, int continues) {
  if (static_cast<std::size_t>(l.count) == l.messages.size()) l.messages.resize(l.messages.size() * 2);
  Message& m = l.messages[static_cast<std::size_t>(l.count)];
  m.value = value;
  m.view = (o & kRelease) != 0 ? t.cur : t.rel;
  if (continues >= 0) m.view.join(l.messages[static_cast<std::size_t>(continues)].view);
  m.view.at[index] = static_cast<int16_t>(l.count);
  t.cur.at[index] = static_cast<int16_t>(l.count);
  ++t.cur.clock[e.current];  // what the thread does from here on is not covered by this message
  ++l.count;
  ++e.writes;
  ++t.writes;
}

void remember_read(ModelThread& t, int index) noexcept { t.read_set[index >> 6] |= uint64_t{1} << (index & 63); }

}  // namespace

uint64_t atomic_load(const void* a, uint64_t initial, Order o, const char* verb, Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const int newest = l.count - 1;
  const int oldest = t.cur.at[index];
  const bool fresh = e.current == 0 || t.stale[index] >= e.options.stale_repeats;
  const int i = fresh ? newest : newest - choose(newest - oldest + 1);
  t.stale[index] = i == oldest && i != newest ? static_cast<uint8_t>(t.stale[index] + 1) : uint8_t{0};
  remember_read(t, index);
  const Message& m = l.messages[static_cast<std::size_t>(i)];
  const uint64_t value = m.value;
  observe(t, index, i, m, o);
  if (e.tracing) e.record(verb, s, index, value, newest - i);
  return value;
}

void atomic_store(const void* a, uint64_t initial, uint64_t value, Order o, const char* verb, Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  append(e, e.self(), l, index, value, o, -1);
  if (e.tracing) e.record(verb, s, index, value, 0);
}

uint64_t atomic_rmw(const void* a, uint64_t initial, Rmw op, uint64_t operand, uint64_t mask, Order o, const char* verb, Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const int last = l.count - 1;
  const uint64_t old = l.messages[static_cast<std::size_t>(last)].value;
  observe(t, index, last, l.messages[static_cast<std::size_t>(last)], o);
  append(e, t, l, index, apply(op, old, operand, mask), o, last);
  if (e.tracing) e.record(verb, s, index, old, 0);
  return old;
}

// A failing CAS is a plain load: it may also read an older message with another value, although the newest one matches.
bool atomic_cas(const void* a, uint64_t initial, uint64_t& expected, uint64_t desired, bool weak, Order success, Order failure,
                const char* verb, Site s) {
  Engine& e = engine();
  success = mutated(success, verb, s);
  failure = mutated_failure(failure, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const int newest = l.count - 1;
  int candidates[64];
  int n = 0;
  candidates[n++] = newest;
  if (e.current != 0 && t.stale[index] < e.options.stale_repeats) {
    for (int i = newest - 1; i >= t.cur.at[index] && n < 64; --i) {
      if (l.messages[static_cast<std::size_t>(i)].value != expected) candidates[n++] = i;
    }
  }
  const bool newest_fits = l.messages[static_cast<std::size_t>(newest)].value == expected;
  const bool may_fail = weak && newest_fits && e.current != 0 && e.weak_failures < e.options.weak_failures;
  const int c = choose(n + (may_fail ? 1 : 0));
  const bool spurious = c == n;
  if (spurious) ++e.weak_failures;
  const int i = spurious ? newest : candidates[c];
  const Message& m = l.messages[static_cast<std::size_t>(i)];
  const bool done = i == newest && newest_fits && !spurious;
  const uint64_t old = m.value;
  t.stale[index] = i == t.cur.at[index] && i != newest ? static_cast<uint8_t>(t.stale[index] + 1) : uint8_t{0};
  remember_read(t, index);
  observe(t, index, i, m, done ? success : failure);
  if (done) append(e, t, l, index, desired, success, newest);
  if (e.tracing) {
    e.record(verb, s, index, old, newest - i);
    e.trace.back().note = done ? "done" : (spurious ? "failed spuriously" : "failed");
  }
  expected = old;
  return done;
}

void atomic_fence(Order o, const char* verb, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  o = mutated(o, verb, s);
  if (o == kFenceOff) return;
  if (o == kFenceSc) e.pause_point();
  ModelThread& t = e.self();
  if (o != kRelease) t.cur.join(t.acq);
  if (o == kFenceSc) {
    t.cur.join_locations(e.sc);
    e.sc.join_locations(t.cur);
  }
  if (o != kAcquire) {
    t.rel = t.cur;
    ++t.cur.clock[e.current];
  }
  if (e.tracing) e.record(verb, s, -1, 0, 0);
}

// Written values become visible in finite time: whatever was read since the last call is read afresh afterwards. If
// nothing that was read has changed and nobody else has written at all, another round would see the same: wait.
void relax(Site s) {
  if (!executing()) return;
  Engine& e = engine();
  if (e.current == 0) return;
  ModelThread& t = e.self();
  const auto refresh = [&] {
    bool all_newest = true;
    for (int i = 0; i < e.location_count; ++i) {
      if ((t.read_set[i >> 6] >> (i & 63) & 1) == 0) continue;
      const auto newest = static_cast<int16_t>(e.locations[static_cast<std::size_t>(i)].count - 1);
      all_newest = all_newest && t.cur.at[i] == newest;
      t.cur.at[i] = newest;
    }
    return all_newest;
  };
  if (++e.steps > e.options.max_steps) fail("livelock: the threads run for ever");
  if (refresh() && e.writes - t.writes == t.seen_foreign) {
    if (e.tracing) e.record("cpu_relax: waits", s, -1, 0, 0);
    t.wait = Wait::kRelax;
    e.reschedule(false);
    refresh();
  }
  t.seen_foreign = e.writes - t.writes;
  t.read_set[0] = t.read_set[1] = 0;
}

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
  const auto value = static_cast<uint32_t>(l.messages[static_cast<std::size_t>(l.count - 1)].value);
  observe(t, index, l.count - 1, l.messages[static_cast<std::size_t>(l.count - 1)], kRelaxed);
  if (e.tracing) e.record(value == expected ? "futex_wait: sleeps" : "futex_wait: changed", Site::current(), index, value, 0);
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
  for (uint64_t free_word = 0; !atomic_cas(m, 0, free_word, 1, false, kAcquire, kRelaxed, "mutex_lock", Site::current());
       free_word = 0) {
    relax(Site::current());
  }
}
void mutex_unlock(const void* m) { atomic_store(m, 0, 0, kRelease, "mutex_unlock", Site::current()); }

// ---- plain data ---------------------------------------------------------------------------------------------------------

void plain_created(PlainState& p) noexcept {
  if (!executing()) return;
  Engine& e = engine();
  p = PlainState{};
  p.write_thread = static_cast<int16_t>(e.current);
  p.write_clock = ++e.self().cur.clock[e.current];
}

void plain_read(const PlainState& p, PlainState& mutable_p, const char* what, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  View& v = e.self().cur;
  if (e.tracing) e.record("read", s, -1, 0, 0), e.trace.back().note = what;
  if (v.clock[p.write_thread] < p.write_clock) fail(std::string("data race: read of a write that is not visible: ") + what);
  mutable_p.read_clock[e.current] = ++v.clock[e.current];
}

void plain_write(PlainState& p, const char* what, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  View& v = e.self().cur;
  if (e.tracing) e.record("write", s, -1, 0, 0), e.trace.back().note = what;
  if (v.clock[p.write_thread] < p.write_clock) fail(std::string("data race: write over a write that is not visible: ") + what);
  for (int t = 0; t <= e.threads; ++t) {
    if (t != e.current && v.clock[t] < p.read_clock[t]) {
      fail(std::string("data race: write over a read that is not ordered before: ") + what);
    }
  }
  p.write_thread = static_cast<int16_t>(e.current);
  p.write_clock = ++v.clock[e.current];
}

}  // namespace wippy::model
