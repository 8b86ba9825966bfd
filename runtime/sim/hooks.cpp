// runtime/sim/hooks.hpp and sim.hpp: the doors to the run that is going on, if any.
#include <cinttypes>
#include <cstdlib>
#include <ctime>
#include <limits>

#include "runtime/sim/counted.hpp"
#include "runtime/sim/crash.hpp"
#include "runtime/sim/simulator.hpp"

namespace wippy::sim {

namespace {

constexpr int64_t kOutsidePoints = std::numeric_limits<int64_t>::max();
constexpr uint64_t kWallStartNs = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
constexpr uint64_t kOutsideStepNs = 100;

[[noreturn]] void outside(const char* what) noexcept {
  std::fprintf(stderr, "sim: %s outside of sim::run() would block for ever\n", what);
  std::abort();
}

}  // namespace

constinit int64_t g_points_left = kOutsidePoints;
constinit Bug g_planted = Bug::kNone;
constinit std::uint64_t g_plant_note = 0;

void switch_slow() noexcept {
  if (Simulator* s = Simulator::current()) s->look();
}

uint64_t now_ns() noexcept {
  g_points_left -= 1;  // a clock that is only read moves, too; the look comes at the next switch point
  if (const Simulator* s = Simulator::current()) return s->now_ns();
  return static_cast<uint64_t>(kOutsidePoints - g_points_left) * kOutsideStepNs;
}

uint64_t wall_ns() noexcept { return kWallStartNs + now_ns(); }

uint64_t random_u64() noexcept {
  Simulator* s = Simulator::current();
  return s != nullptr ? s->random() : 1;
}

void wait_on(const void* word, uint32_t, uint64_t deadline_ns) noexcept {
  Simulator* s = Simulator::current();
  if (s == nullptr) outside("waiting");
  count(Counted::kSyscall);
  s->wait(WaitKind::kWord, word, deadline_ns);
}
void wake(const void* word, uint32_t waiters) noexcept {
  count(Counted::kSyscall);
  if (Simulator* s = Simulator::current()) s->wake(WaitKind::kWord, word, waiters);
  switch_point();
}

void wait_for_lock(const void* mutex) noexcept {
  Simulator* s = Simulator::current();
  if (s == nullptr) outside("locking twice");
  count(Counted::kSyscall);
  s->wait(WaitKind::kLock, mutex, kNever);
}
void unlocked(const void* mutex) noexcept {
  if (Simulator* s = Simulator::current()) s->wake(WaitKind::kLock, mutex, 1);
  switch_point();
}

uint64_t spawn_fiber(const char* name, void (*run)(void*), void* arg) noexcept {
  Simulator* s = Simulator::current();
  if (s == nullptr) outside("starting a thread");
  count(Counted::kSyscall);
  const uint64_t id = s->spawn(name, run, arg);
  switch_point();
  return id;
}
void join_fiber(uint64_t id) noexcept {
  Simulator* s = Simulator::current();
  if (s == nullptr) outside("joining");
  s->join(id);
}
void yield_fiber() noexcept {
  if (Simulator* s = Simulator::current()) s->yield();
}

const char* topology() noexcept {
  const Simulator* s = Simulator::current();
  const char* wanted = s != nullptr ? s->options().topology : nullptr;
  return wanted != nullptr ? wanted : "pack:1 numa:1 l3:1 core:4 pu:1";
}

void record_event(uint64_t pid, uint32_t kind, uint64_t from) noexcept {
  count(Counted::kSignalTaken);
  if (Simulator* s = Simulator::current()) s->record(pid, kind, from);
}

const char* outcome_name(Outcome outcome) noexcept {
  constexpr const char* kNames[] = {"finished", "deadlock", "limit reached", "stopped"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string summary(uint64_t seed, const Result& r) {
  char line[256];
  std::snprintf(line, sizeof line,
                "seed=%" PRIu64 " hash=0x%016" PRIx64 " events=%" PRIu64 " schedule=0x%016" PRIx64 " points=%" PRIu64
                " switches=%" PRIu64 " virtual_time=%.6fs",
                seed, r.hash, r.events, r.schedule_hash, r.points, r.switches, static_cast<double>(r.virtual_ns) / 1e9);
  return line;
}

Result run(uint64_t seed, Options options, std::function<int()> main) {
  setenv("TZ", "UTC0", 1);  // the local zone of the machine is no part of the seed
  tzset();
  CrashNote note(seed, options.replay);
  Simulator s(seed, std::move(options), std::move(main));
  return s.run();
}

}  // namespace wippy::sim

// Lua's hash seed calls time(); the link has --wrap=time.
extern "C" std::time_t __wrap_time(std::time_t* out);
extern "C" std::time_t __wrap_time(std::time_t* out) {
  const auto now = static_cast<std::time_t>(wippy::sim::wall_ns() / 1'000'000'000u);
  if (out != nullptr) *out = now;
  return now;
}
