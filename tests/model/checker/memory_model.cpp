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
    const OwnAllocations own(*this);
    if (locations.size() < static_cast<std::size_t>(location_count)) locations.emplace_back();
    Location& l = locations[static_cast<std::size_t>(s.location)];
    l.address = a;
    l.constructor_thread = s.constructor_thread;
    l.constructor_clock = s.constructor_clock;
    if (l.messages.empty()) l.messages.resize(16);
    l.messages[0].value = initial;
    l.messages[0].stamp = 0;
    l.messages[0].rmw = false;
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
  s.constructor_clock = e.self().cur.clock[e.current];
}

namespace {

constexpr int kStampStep = 32;  // leaves room for five stores in a row between two neighbours

Message& message(Location& l, int i) { return l.messages[static_cast<std::size_t>(i)]; }

// The oldest message the thread may still read.
int oldest_visible(const ModelThread& t, Location& l, int index) {
  int i = l.count - 1;
  while (i > 0 && message(l, i - 1).stamp >= t.cur.at[index]) --i;
  return i;
}

// Reads message i of l into the thread's views.
void observe(ModelThread& t, Location& l, int index, int i, Order o) {
  const Message& m = message(l, i);
  t.cur.at[index] = m.stamp;
  if ((o & kAcquire) != 0) {
    t.cur.join(m.view);
  } else {
    t.acq.join(m.view);
  }
}

// Puts a message behind message i. rmw: it read message i, whose release sequence goes on.
void place(Engine& e, ModelThread& t, Location& l, int index, int i, uint64_t value, Order o, bool rmw) {
  int stamp = message(l, i).stamp + kStampStep;
  if (i + 1 < l.count) stamp = (message(l, i).stamp + message(l, i + 1).stamp) / 2;
  if (stamp == message(l, i).stamp || stamp > 32000) fail("the model ran out of places in one modification order");
  const OwnAllocations own(e);
  if (static_cast<std::size_t>(l.count) == l.messages.size()) l.messages.resize(l.messages.size() * 2);
  for (int k = l.count; k > i + 1; --k) message(l, k) = message(l, k - 1);
  Message& m = message(l, i + 1);
  m.value = value;
  m.stamp = static_cast<int16_t>(stamp);
  m.rmw = rmw;
  m.view = (o & kRelease) != 0 ? t.cur : t.rel;
  if (rmw) m.view.join(message(l, i).view);
  m.view.at[index] = m.stamp;
  t.cur.at[index] = m.stamp;
  ++t.cur.clock[e.current];  // what the thread does from here on is not covered by this message
  ++l.count;
  ++e.writes;
  ++t.writes;
}

void remember_read(ModelThread& t, int index) noexcept { t.read_set[index >> 6] |= uint64_t{1} << (index & 63); }

// Written values become visible in finite time: counts how often the thread met the same outdated message in a row.
bool must_be_fresh(const Engine& e, const ModelThread& t, int index) noexcept {
  return e.current == 0 || t.stale[index] >= e.options.stale_repeats;
}
void count_stale(ModelThread& t, Location& l, int index, int i) noexcept {
  const bool same = i != l.count - 1 && message(l, i).stamp == t.cur.at[index];
  t.stale[index] = same ? static_cast<uint8_t>(t.stale[index] + 1) : uint8_t{0};
}

// Messages behind which a new one may be placed, the newest first.
struct Places {
  int at[64];
  int n = 0;
};
Places free_places(const Engine& e, const ModelThread& t, Location& l, int index) {
  Places p;
  p.at[p.n++] = l.count - 1;
  if (e.current == 0) return p;
  for (int i = l.count - 2, oldest = oldest_visible(t, l, index); i >= oldest && p.n < 64; --i) {
    if (!message(l, i + 1).rmw) p.at[p.n++] = i;
  }
  return p;
}

}  // namespace

uint64_t atomic_load(const void* a, uint64_t initial, Order o, const char* verb, Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const int newest = l.count - 1;
  const int i = must_be_fresh(e, t, index) ? newest : newest - choose(newest - oldest_visible(t, l, index) + 1);
  count_stale(t, l, index, i);
  remember_read(t, index);
  observe(t, l, index, i, o);
  const uint64_t value = message(l, i).value;
  if (e.tracing) e.record(verb, s, index, value, newest - i);
  return value;
}

void atomic_store(const void* a, uint64_t initial, uint64_t value, Order o, const char* verb, Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const Places p = free_places(e, t, l, index);
  const int i = p.at[choose(p.n)];
  place(e, t, l, index, i, value, o, false);
  if (e.tracing) e.record(verb, s, index, value, l.count - 2 - i);
}

uint64_t atomic_rmw(const void* a, uint64_t initial, Rmw op, uint64_t operand, uint64_t mask, Order o, const char* verb,
                    Site s) {
  Engine& e = engine();
  o = mutated(o, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const Places p = free_places(e, t, l, index);
  const int i = p.at[choose(p.n)];
  const uint64_t old = message(l, i).value;
  observe(t, l, index, i, o);
  place(e, t, l, index, i, apply(op, old, operand, mask), o, true);
  if (e.tracing) e.record(verb, s, index, old, l.count - 2 - i);
  return old;
}

// A failing CAS is a plain load: it may also read an older message with another value, although the newest one matches. A
// strong CAS that reads the expected value succeeds, so it must find that message's place free.
bool atomic_cas(const void* a, uint64_t initial, uint64_t& expected, uint64_t desired, bool weak, Order success,
                Order failure, const char* verb, Site s) {
  Engine& e = engine();
  success = mutated(success, verb, s);
  failure = mutated_failure(failure, verb, s);
  e.pause_point();
  int index = 0;
  Location& l = e.location(a, initial, index);
  ModelThread& t = e.self();
  const int newest = l.count - 1;
  const int oldest = must_be_fresh(e, t, index) ? newest : oldest_visible(t, l, index);
  Places p;
  for (int i = newest; i >= oldest && p.n < 62; --i) {
    const bool fits = message(l, i).value == expected;
    if (!fits || i == newest || !message(l, i + 1).rmw) p.at[p.n++] = i;
  }
  const bool may_fail =
      weak && message(l, newest).value == expected && e.current != 0 && e.weak_failures < e.options.weak_failures;
  if (p.n == 0 && !may_fail) p.at[p.n++] = newest;
  const int c = choose(p.n + (may_fail ? 1 : 0));
  const bool spurious = c == p.n;
  if (spurious) ++e.weak_failures;
  const int i = spurious ? newest : p.at[c];
  const uint64_t old = message(l, i).value;
  const bool done = old == expected && !spurious;
  count_stale(t, l, index, i);
  remember_read(t, index);
  observe(t, l, index, i, done ? success : failure);
  if (done) place(e, t, l, index, i, desired, success, true);
  if (e.tracing) {
    e.record(verb, s, index, old, newest - i);
    e.trace.back().note = done ? "done" : (spurious ? "failed spuriously" : "failed");
  }
  expected = old;
  return done;
}

namespace {
void fence_of(Engine& e, int thread, Order o) {
  ModelThread& t = e.thread[thread];
  if (o != kRelease) t.cur.join(t.acq);
  if (o == kFenceSc) {
    t.cur.join_locations(e.sc);
    e.sc.join_locations(t.cur);
  }
  if (o != kAcquire) {
    t.rel = t.cur;
    ++t.cur.clock[thread];
  }
}
}  // namespace

void atomic_fence(Order o, const char* verb, Site s) {
  if (!executing()) return;
  Engine& e = engine();
  o = mutated(o, verb, s);
  if (o == kFenceOff) return;
  if (o == kFenceSc) e.pause_point();
  fence_of(e, e.current, o);
  if (e.tracing) e.record(verb, s, -1, 0, 0);
}

void light_fence(Site s) {
  if (!executing() || engine().options.asymmetric) return;
  atomic_fence(kFenceSc, "fence_light", s);
}

// membarrier(PRIVATE_EXPEDITED): every other thread passes a full fence at some point during the call.
void process_barrier() {
  Engine& e = engine();
  atomic_fence(kFenceSc, "membarrier", Site::current());
  if (!e.options.asymmetric) return;
  for (int t = 1; t <= e.threads; ++t) {
    if (t == e.current) continue;
    e.pause_point();
    fence_of(e, t, kFenceSc);
  }
  atomic_fence(kFenceSc, "membarrier returns", Site::current());
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
      Location& l = e.locations[static_cast<std::size_t>(i)];
      const int16_t newest = message(l, l.count - 1).stamp;
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

}  // namespace wippy::model
