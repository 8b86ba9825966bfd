#include "runtime/sim/simulator.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <limits>

#include "memory/assert.hpp"
#include "runtime/sim/fixed_pages.hpp"

namespace wippy::sim {

namespace {

Simulator* g_current = nullptr;

constexpr int64_t kNoLook = std::numeric_limits<int64_t>::max() / 2;
constexpr uint64_t kStartNs = 1'000'000'000;
constexpr uint64_t kYieldNs = 1'000;         // a yield costs a system call
constexpr uint64_t kLongestFreezeLog2 = 22;  // 4 ms
constexpr uint64_t kEarliestFreezeLog2 = 10;
constexpr uint64_t kSpuriousNs = 200'000;
constexpr uint64_t kStopGraceNs = 60'000'000'000;
constexpr int kFailedCode = 3;

void mix(uint64_t& hash, uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 32;
}

}  // namespace

Simulator* Simulator::current() noexcept { return g_current; }

Simulator::Simulator(uint64_t seed, Options options, std::function<int()> main)
    : seed_(seed), options_(std::move(options)), main_(std::move(main)), clock_ns_(kStartNs) {
  draw_parameters(seed);
}

Simulator::~Simulator() = default;

// Each from its own value of one stream, so that fixing one leaves the others as they are.
void Simulator::draw_parameters(uint64_t seed) noexcept {
  constexpr uint32_t kMeans[] = {2, 8, 32, 128, 512};
  constexpr uint32_t kSteps[] = {5, 20, 100, 400};
  constexpr uint32_t kFreezes[] = {0, 0, 5, 50};
  constexpr uint32_t kSpurious[] = {0, 0, 0, 20};
  uint64_t stream = seed ^ 0x77697070792d7369u;
  choice_ = Random(split_mix64(stream));
  program_random_ = Random(split_mix64(stream));
  const uint32_t mean = kMeans[split_mix64(stream) % 5];
  const uint32_t step = kSteps[split_mix64(stream) % 4];
  const uint32_t freeze = kFreezes[split_mix64(stream) % 4];
  const uint32_t spurious = kSpurious[split_mix64(stream) % 4];
  mean_points_ = options_.mean_points != 0 ? options_.mean_points : mean;
  step_ns_ = options_.step_ns != 0 ? options_.step_ns : step;
  freeze_per_mille_ = options_.freeze_per_mille >= 0 ? static_cast<uint32_t>(options_.freeze_per_mille) : freeze;
  spurious_per_mille_ =
      options_.spurious_per_mille >= 0 ? static_cast<uint32_t>(options_.spurious_per_mille) : spurious;
}

// --- life of a run

Result Simulator::run() {
  WIPPY_ASSERT(g_current == nullptr);
  reset_fixed_pages();
  g_current = this;
  g_planted = options_.bug;
  g_plant_note = 0;
  spawn("main", &Simulator::run_main, this);
  running_ = fibers_.front().get();
  const int64_t before = g_points_left;
  rearm();
  switch_fibers(outside_, *running_);  // back when main has returned, or from stop()
  g_points_left = before;
  g_planted = Bug::kNone;
  g_current = nullptr;
  end_famine();
  result_.virtual_ns = clock_ns_ - kStartNs;
  if (result_.outcome != Outcome::kFinished) {
    result_.code = kFailedCode;
    result_.report = failure_report();
  }
  return result_;
}

void Simulator::run_main(void* self) {
  auto& s = *static_cast<Simulator*>(self);
  s.result_.code = s.main_();
}

void Simulator::enter_fiber() {
  Simulator& s = *g_current;
  Fiber* const self = s.running_;
  self->run(self->arg);
  s.sync_clock();
  self->state = FiberState::kDone;
  if (self->id == 0) {
    s.result_.fibers_left = static_cast<uint32_t>(s.fibers_.size() - 1);
    s.stop(Outcome::kFinished);
  }
  const auto it = std::find_if(s.fibers_.begin(), s.fibers_.end(), [&](const auto& f) { return f.get() == self; });
  s.ended_ = std::move(*it);
  s.fibers_.erase(it);
  for (const auto& f : s.fibers_) {
    if (f->state == FiberState::kWaiting && f->wait_kind == WaitKind::kJoin && f->word == self) {
      f->state = FiberState::kReady;
    }
  }
  s.leave_current();
  std::abort();  // nobody switches to an ended fiber
}

void Simulator::stop(Outcome outcome) noexcept {
  result_.outcome = outcome;
  switch_fibers(*running_, outside_);
  std::abort();
}

uint32_t Simulator::free_slot() const noexcept {
  for (uint32_t slot = 0;; ++slot) {
    const auto used = [slot](const std::unique_ptr<Fiber>& f) { return f->slot == slot; };
    if (std::none_of(fibers_.begin(), fibers_.end(), used) && (running_ == nullptr || running_->slot != slot))
      return slot;
  }
}

uint64_t Simulator::spawn(const char* name, void (*entry)(void*), void* arg) noexcept {
  auto f = std::make_unique<Fiber>();
  f->id = next_id_++;
  f->slot = free_slot();
  f->name = name;
  f->run = entry;
  f->arg = arg;
  if (!map_stack(f->slot)) {
    std::fprintf(stderr, "sim: cannot map the stack of fiber %" PRIu64 " at its fixed address\n", f->id);
    std::abort();
  }
  clean_stack(f->slot);
  prepare_fiber(*f, &Simulator::enter_fiber);
  const uint64_t id = f->id;
  fibers_.push_back(std::move(f));
  return id;
}

void Simulator::join(uint64_t id) noexcept {
  for (const auto& f : fibers_) {
    if (f->id == id) return wait(WaitKind::kJoin, f.get(), kNever);
  }
}

// --- time

uint64_t Simulator::now_ns() const noexcept {
  return clock_ns_ + static_cast<uint64_t>(armed_points_ - g_points_left) * step_ns_;
}

// Puts the switch points since the last look onto the clock.
void Simulator::sync_clock() noexcept {
  const auto passed = static_cast<uint64_t>(armed_points_ - g_points_left);
  clock_ns_ += passed * step_ns_;
  result_.points += passed;
  armed_points_ = g_points_left;
}

void Simulator::rearm() noexcept {
  armed_points_ = g_points_left = mean_points_ == kOnlyAtWaits ? kNoLook : 1 + choice_.below(2 * mean_points_);
}

void Simulator::end_expired_waits() noexcept {
  for (const auto& f : fibers_) {
    if ((f->state == FiberState::kWaiting || f->state == FiberState::kFrozen) && f->deadline_ns <= clock_ns_) {
      f->state = FiberState::kReady;
    }
  }
}

// --- who runs

Fiber* Simulator::pick_ready(const Fiber* except) noexcept {
  const auto ready = [except](const std::unique_ptr<Fiber>& f) {
    return f->state == FiberState::kReady && f.get() != except;
  };
  const auto count = static_cast<uint32_t>(std::count_if(fibers_.begin(), fibers_.end(), ready));
  if (count == 0) return nullptr;
  uint32_t n = choice_.below(count);
  for (const auto& f : fibers_) {
    if (ready(f) && n-- == 0) return f.get();
  }
  return nullptr;
}

// Somebody must run. When all wait, time jumps to the nearest deadline.
Fiber* Simulator::pick_or_jump() noexcept {
  for (;;) {
    if (Fiber* f = pick_ready(nullptr)) return f;
    uint64_t nearest_ns = kNever;
    for (const auto& f : fibers_) nearest_ns = std::min(nearest_ns, f->deadline_ns);
    if (options_.standstill && stands_still()) {
      armed_points_ = g_points_left = kNoLook;
      if (!options_.standstill()) stop(Outcome::kStopped);
      rearm();
    }
    if (nearest_ns == kNever) {
      if (!ask_operator()) stop(Outcome::kDeadlock);
      continue;
    }
    clock_ns_ = std::max(clock_ns_, nearest_ns);
    check_limits();
    end_expired_waits();
  }
}

// No lock is being waited for, nobody is frozen in the middle of something.
bool Simulator::stands_still() const noexcept {
  return std::all_of(fibers_.begin(), fibers_.end(), [](const std::unique_ptr<Fiber>& f) {
    return f->state == FiberState::kWaiting && f->wait_kind != WaitKind::kLock;
  });
}

// The callback may wake somebody; it must not be switched away from, as the running fiber may wait already.
bool Simulator::ask_operator() noexcept {
  if (!options_.operator_stops) return false;
  armed_points_ = g_points_left = kNoLook;
  const bool more = options_.operator_stops();
  rearm();
  return more;
}

void Simulator::check_limits() noexcept {
  if (options_.max_points != 0 && result_.points > options_.max_points) stop(Outcome::kLimit);
  if (options_.max_virtual_ns == 0 || clock_ns_ - kStartNs <= options_.max_virtual_ns) return;
  if (!ask_operator()) stop(Outcome::kLimit);
  options_.max_virtual_ns = clock_ns_ - kStartNs + kStopGraceNs;
}

void Simulator::switch_to(Fiber& next) noexcept {
  Fiber& before = *running_;
  running_ = &next;
  rearm();
  if (&before == &next) return;
  ++result_.switches;
  mix(result_.schedule_hash, next.id << 48 ^ result_.points);
  if (options_.trace != nullptr && options_.trace_switches) {
    std::fprintf(options_.trace, "%" PRIu64 " ns  fiber %" PRIu64 " %s\n", clock_ns_, next.id, next.name.c_str());
  }
  switch_fibers(before, next);
}

// The running fiber cannot go on; returns when it can again.
void Simulator::leave_current() noexcept {
  end_expired_waits();
  switch_to(*pick_or_jump());
}

void Simulator::look() noexcept {
  sync_clock();
  check_limits();
  end_expired_waits();
  Fiber* next = pick_ready(running_);
  if (next == nullptr) return rearm();
  if (chance(freeze_per_mille_)) {
    const uint64_t log2 = kEarliestFreezeLog2 + choice_.below(kLongestFreezeLog2 - kEarliestFreezeLog2);
    running_->state = FiberState::kFrozen;
    running_->deadline_ns = clock_ns_ + (uint64_t{1} << log2) + choice_.below(uint32_t{1} << log2);
  }
  switch_to(*next);
  running_->deadline_ns = kNever;
}

void Simulator::yield() noexcept {
  sync_clock();
  clock_ns_ += kYieldNs;
  ++result_.points;
  end_expired_waits();
  if (Fiber* next = pick_ready(running_)) return switch_to(*next);
  rearm();
}

void Simulator::wait(WaitKind kind, const void* word, uint64_t deadline_ns) noexcept {
  sync_clock();
  Fiber& self = *running_;
  if (kind == WaitKind::kWord && chance(spurious_per_mille_)) {
    deadline_ns = std::min(deadline_ns, clock_ns_ + choice_.below(kSpuriousNs));
  }
  self.state = FiberState::kWaiting;
  self.wait_kind = kind;
  self.word = word;
  self.deadline_ns = deadline_ns;
  self.waiting_since_ns = clock_ns_;
  leave_current();
  self.word = nullptr;
  self.deadline_ns = kNever;
}

// Which of several waiters is woken is nobody's promise: chosen at random.
void Simulator::wake(WaitKind kind, const void* word, uint32_t count) noexcept {
  for (; count != 0; --count) {
    Fiber* chosen = nullptr;
    uint32_t seen = 0;
    for (const auto& f : fibers_) {
      if (f->state != FiberState::kWaiting || f->wait_kind != kind || f->word != word) continue;
      if (choice_.below(++seen) == 0) chosen = f.get();
    }
    if (chosen == nullptr) return;
    chosen->state = FiberState::kReady;
  }
}

// --- what is recorded

void Simulator::record(uint64_t pid, uint32_t kind, uint64_t from) noexcept {
  ++result_.events;
  mix(result_.hash, pid);
  mix(result_.hash, uint64_t{kind} << 56 ^ from);
  if (options_.trace != nullptr) {
    std::fprintf(options_.trace, "%" PRIu64 " ns  event %" PRIu64 "  pid %#" PRIx64 " kind %u from %#" PRIx64 "\n",
                 now_ns(), result_.events, pid, kind, from);
  }
}

std::string Simulator::failure_report() const {
  constexpr const char* kWaits[] = {"waits for a wake-up", "waits for a lock", "waits for another thread's end"};
  std::string out = std::string("sim: ") + outcome_name(result_.outcome) + ": " + summary(seed_, result_) + "\n";
  for (const auto& f : fibers_) {
    char line[160];
    const char* what = f->state == FiberState::kReady    ? "ready"
                       : f->state == FiberState::kFrozen ? "frozen"
                                                         : kWaits[static_cast<std::size_t>(f->wait_kind)];
    std::snprintf(line, sizeof line, "sim:   fiber %" PRIu64 " %-15s %s", f->id, f->name.c_str(), what);
    out += line;
    if (f->state == FiberState::kWaiting) {
      std::snprintf(line, sizeof line, " since %" PRIu64 " ns%s", f->waiting_since_ns,
                    f->deadline_ns == kNever ? ", without deadline" : "");
      out += line;
    }
    out += "\n";
  }
  if (options_.state) out += options_.state();
  if (!options_.replay.empty()) out += "sim: replay: " + options_.replay + "\n";
  return out;
}

}  // namespace wippy::sim
