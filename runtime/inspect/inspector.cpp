#include "runtime/inspect/inspector.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "scheduler/clock.hpp"
#include "scheduler/parker.hpp"

namespace wippy {

namespace {
constexpr uint64_t kNapLengthNs = 50'000;
constexpr uint64_t kPatienceNs = 2'000'000;  // the window is left open for those that do not answer

void nap() {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + kNapLengthNs));
}
}  // namespace

void Inspector::answer(const Inspection& inspection) noexcept {
  Shard& shard = shards_[pid_index(inspection.pid) % kShards];
  try {
    std::string entry(inspection.entry);
    LockGuard lock(shard.mutex);
    shard.answers.push_back({inspection, std::move(entry)});
    shard.answers.back().told.entry = {};
  } catch (...) {
    return;  // without memory it has not answered
  }
  answered_.fetch_add_relaxed(1);
}

void Inspector::start_round(uint16_t host_index) {
  begun_ns_ = monotonic_ns();
  asked_.clear();
  next_ = 0;
  for (uint16_t h = 0; h < node_.host_count(); ++h) {
    if (host_index != kAllHosts && h != host_index) continue;
    for (const Pid pid : node_.pids_of(h)) {
      asked_.emplace_back();
      asked_.back().pid = pid;
      asked_.back().host_index = h;
    }
  }
  static_cast<void>(take_answers());  // late ones of the round before
  answered_.store_relaxed(0);
}

// What it shows is noted before the question makes it run. False: all have been asked.
bool Inspector::ask_next() {
  if (next_ == asked_.size()) return false;
  ProcessRow& row = asked_[next_++];
  Process::Shown shown{ProcessState::kComplete, WaitReason::kNone};
  {
    ReaderSection section(this_memory().reader());
    if (const Process* const p = node_.find(row.pid)) shown = p->shown();
  }
  row.state = shown.state;
  row.wait = shown.wait;
  if (shown.state == ProcessState::kComplete || !node_.ask(row.pid)) {
    row.pid = Pid{};
    ended();
  }
  return true;
}

// True: no more than that many questions are open.
bool Inspector::wait_for_answers(uint32_t outstanding, uint64_t deadline_ns) {
  while (next_ > answered_.load_relaxed() + outstanding) {
    if (monotonic_ns() >= deadline_ns) return false;
    nap();
  }
  return true;
}

// Who was asked in the middle of a step may have gone to sleep without an answer: its wake-up was taken within that step.
void Inspector::ask_again() {
  std::unordered_set<uint64_t> told;
  for (Shard& shard : shards_) {
    LockGuard lock(shard.mutex);
    for (const Answer& a : shard.answers) told.insert(a.told.pid.value);
  }
  for (const ProcessRow& row : asked_) {
    if (row.pid && !told.contains(row.pid.value)) static_cast<void>(node_.ask(row.pid));  // false: gone
  }
}

Snapshot Inspector::collect(uint16_t host_index, uint64_t limit_ns) {
  LockGuard round(round_mutex_);
  start_round(host_index);
  uint32_t window = kWindow;
  while (ask_next()) {
    if (next_ % 64 == 0 && !wait_for_answers(window, monotonic_ns() + kPatienceNs)) window += kWindow;
  }
  static_cast<void>(
      wait_for_answers(0, monotonic_ns() + std::min(limit_ns, kLimitNs)));  // who is late has not answered
  return finish_round();
}

void Inspector::begin(uint16_t host_index) {
  round_mutex_.lock();
  start_round(host_index);
  while (ask_next()) continue;
}

Snapshot Inspector::end() {
  Snapshot s = finish_round();
  round_mutex_.unlock();
  return s;
}

std::vector<Inspector::Answer> Inspector::take_answers() {
  std::vector<Answer> all;
  for (Shard& shard : shards_) {
    LockGuard lock(shard.mutex);
    std::move(shard.answers.begin(), shard.answers.end(), std::back_inserter(all));
    shard.answers.clear();
  }
  std::sort(all.begin(), all.end(),
            [](const Answer& a, const Answer& b) { return a.told.pid.value < b.told.pid.value; });
  return all;
}

Snapshot Inspector::finish_round() {
  Snapshot out;
  out.taken_ns = monotonic_ns();
  std::vector<Answer> answers = take_answers();
  std::unordered_map<uint64_t, uint64_t> oldest;
  for (ProcessRow& row : asked_) {
    if (!row.pid) continue;
    const auto found = std::lower_bound(answers.begin(), answers.end(), row.pid.value,
                                        [](const Answer& a, uint64_t pid) { return a.told.pid.value < pid; });
    if (found == answers.end() || found->told.pid != row.pid) {
      if (!node_.alive(row.pid)) continue;
      ++out.unanswered;
      out.rows.push_back(std::move(row));
      continue;
    }
    const Inspection& i = found->told;
    row.answered = true;
    row.entry = std::move(found->entry);
    row.wait = row.state == ProcessState::kRunning ? row.wait : i.wait;
    row.waits_for = i.waits_for;
    row.messages = i.messages;
    row.more_messages = i.full();
    row.memory_bytes = i.memory_bytes;
    row.links = i.links, row.monitors = i.monitors, row.watchers = i.watchers;
    if (i.named) row.names = node_.names().names_of(row.pid);
    if (i.messages != 0) {
      const auto since = oldest_since_ns_.find(row.pid.value);
      const uint64_t first_ns = i.oldest_is_old && since != oldest_since_ns_.end() ? since->second : out.taken_ns;
      oldest.emplace(row.pid.value, first_ns);
      row.oldest_ns = out.taken_ns - first_ns;
    }
    out.rows.push_back(std::move(row));
  }
  oldest_since_ns_ = std::move(oldest);
  asked_.clear();
  out.took_ns = monotonic_ns() - begun_ns_;
  return out;
}

}  // namespace wippy
