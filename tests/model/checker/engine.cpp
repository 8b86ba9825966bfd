// Scheduling of the modelled threads.
#include "model/checker/engine.hpp"
#include "model/checker/random_walk.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace wippy::model {

namespace {
Engine* g_engine = nullptr;
void fiber_entry() { engine().thread_main(); }
}  // namespace

Engine& engine() noexcept {
  if (g_engine == nullptr) g_engine = new Engine;
  return *g_engine;
}

bool executing() noexcept { return g_engine != nullptr && g_engine->executing; }
int current_thread() noexcept { return g_engine->current; }

void fail(const std::string& why) {
  Engine& e = engine();
  if (!e.executing) {
    std::fprintf(stderr, "model: failure outside an execution: %s\n", why.c_str());
    std::abort();
  }
  ++e.own_allocations;  // for good: this execution is over
  e.failed = true;
  e.why = why;
  siglongjmp(e.escape, 1);  // the fibers are abandoned where they stand
}

uint64_t g_random_choices = 0;

namespace {
uint16_t first_choice(int n) {
  uint64_t& s = g_random_choices;
  if (s == 0) return 0;
  s ^= s << 13;
  s ^= s >> 7;
  s ^= s << 17;
  return static_cast<uint16_t>((s >> 32) % static_cast<uint64_t>(n));
}
}  // namespace

int choose(int n) {
  Engine& e = engine();
  if (n <= 1) return 0;
  if (e.position == e.choices.size()) {
    const OwnAllocations own(e);
    e.choices.push_back({first_choice(n), static_cast<uint16_t>(n)});
  } else if (e.choices[e.position].bound != n) {
    fail("the test is not deterministic: a replay met another set of choices");
  }
  return e.choices[e.position++].chosen;
}

void Engine::begin(int thread_count) {
  free_deleted();
  own_allocations = 0;
  threads = thread_count;
  current = 0;
  location_count = 0;
  ++stamp;
  slots_used = 0;
  sc.clear();
  writes = steps = idle_spins = 0;
  now_ns = 1'000'000'000;
  clock_step_ns = 0;
  t_this_thread = ThisThread{};
  preemptions = early_returns = weak_failures = 0;
  position = 0;
  failed = false;
  trace.clear();
  names.clear();
  for (int t = 0; t <= threads; ++t) {
    ModelThread& m = thread[t];
    m.wait = Wait::kNone;
    m.started = m.timed = m.timed_out = false;
    m.word = nullptr;
    m.writes = m.seen_foreign = 0;
    m.read_set[0] = m.read_set[1] = 0;
    std::memset(m.stale, 0, sizeof m.stale);
    m.cur.clear();
    m.acq.clear();
    m.rel.clear();
    m.cur.clock[t] = 1;  // 0 is "never"
  }
}

void Engine::start_threads() {
  for (int t = 1; t <= threads; ++t) {
    ModelThread& m = thread[t];
    m.cur = thread[0].cur;  // starting a thread synchronises with it
    m.rel = thread[0].cur;
    m.cur.clock[t] = 1;
    m.here = ThisThread{};
    m.fiber.prepare(&fiber_entry);
  }
  const int first = 1 + choose(threads);
  current = first;
  thread[0].here = t_this_thread;
  t_this_thread = ThisThread{};
  main_fiber.switch_to(thread[first].fiber);
  for (int t = 1; t <= threads; ++t) thread[0].cur.join(thread[t].cur);  // and joining one with its end
}

void Engine::thread_main() {
  run(object, current);
  self().wait = Wait::kDone;
  reschedule(false);
  std::abort();  // a finished thread is never scheduled
}

bool Engine::ready(int t) const noexcept {
  const ModelThread& m = thread[t];
  return m.wait == Wait::kNone || (m.wait == Wait::kRelax && writes - m.writes != m.seen_foreign);
}

void Engine::switch_to(int next) {
  ModelThread& to = thread[next];
  if (to.wait == Wait::kFutex) to.timed_out = true;  // scheduled although nobody woke it
  to.wait = Wait::kNone;
  if (next == current) return;
  ModelThread& from = self();
  current = next;
  from.here = t_this_thread;
  t_this_thread = to.here;
  from.fiber.switch_to(to.fiber);
}

void Engine::pause_point() {
  if (current == 0) return;
  if (++steps > options.max_steps) fail("livelock: the threads run for ever");
  if (!self().started) {  // the choice that started this thread is the choice before its first operation
    self().started = true;
    return;
  }
  if (preemptions < options.bound) reschedule(true);
}

void Engine::reschedule(bool me_ready) {
  int list[kMaxThreads];
  int n = 0;
  if (me_ready) list[n++] = current;
  for (int t = 1; t <= threads; ++t) {
    if (t != current && ready(t)) list[n++] = t;
  }
  const int runnable = n;
  if (early_returns < options.early_returns) {
    for (int t = 1; t <= threads; ++t) {
      if (thread[t].wait == Wait::kFutex) list[n++] = t;
    }
  }
  if (n == 0) return deadlock();
  const int c = choose(n);
  if (me_ready && c != 0) ++preemptions;
  if (c >= runnable) ++early_returns;
  switch_to(list[c]);
}

// Nobody can run: the end, a time-out, spinning threads that may give up by themselves, or a deadlock.
void Engine::deadlock() {
  int list[kMaxThreads];
  int n = 0;
  bool all_done = true;
  for (int t = 1; t <= threads; ++t) {
    all_done = all_done && thread[t].wait == Wait::kDone;
    if (thread[t].wait == Wait::kFutex && thread[t].timed) list[n++] = t;
  }
  if (all_done) {
    const int last = current;
    current = 0;
    t_this_thread = thread[0].here;
    thread[last].fiber.switch_to(main_fiber);
    return;
  }
  if (n == 0 && idle_spins < kIdleSpins) {
    ++idle_spins;
    for (int t = 1; t <= threads; ++t) {
      if (thread[t].wait == Wait::kRelax) list[n++] = t;
    }
  }
  if (n != 0) return switch_to(list[idle_spins > 1 ? static_cast<int>(idle_spins) % n : choose(n)]);
  std::string text = "deadlock:";
  for (int t = 1; t <= threads; ++t) {
    if (thread[t].wait == Wait::kRelax) text += " T" + std::to_string(t) + " spins for ever;";
    if (thread[t].wait == Wait::kFutex) text += " T" + std::to_string(t) + " sleeps for ever;";
  }
  text.pop_back();
  fail(text);
}

void Engine::record(const char* verb, Site s, int location, uint64_t value, int newer) {
  const OwnAllocations own(*this);
  trace.push_back({current, verb, s, location, value, newer, {}});
}

void note(const std::string& text) {
  Engine& e = engine();
  const OwnAllocations own(e);
  if (e.tracing) e.trace.push_back({e.current, "note", Site::current(), -1, 0, 0, text});
}

void name_address(const void* a, const char* name) {
  Engine& e = engine();
  const OwnAllocations own(e);
  if (e.tracing) e.names[a] = name;
}

}  // namespace wippy::model
