#include "runtime/inspect/inspector.hpp"

#include <algorithm>
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

void Inspector::lock_shards() noexcept {
  for (Mutex& m : shards_) m.lock();
}
void Inspector::unlock_shards() noexcept {
  for (Mutex& m : shards_) m.unlock();
}

void Inspector::answer(const Inspection& i) noexcept {
  const uint32_t place = pid_index(i.pid);
  {
    LockGuard lock(shards_[place % kShards]);
    if (rows_ == nullptr || place >= row_of_.size() || row_of_[place] == 0) return;  // of a round that is over
    ProcessRow& row = (*rows_)[row_of_[place] - 1];
    if (row.pid != i.pid) return;
    try {
      row.entry = i.entry;
    } catch (...) {
      return;  // without memory it has not answered
    }
    row.answered = true;
    if (row.state != ProcessState::kRunning) row.wait = i.wait;
    row.waits_for = i.waits_for;
    row.messages = i.messages;
    row.more_messages = i.full();
    row.oldest_is_old = i.oldest_is_old;
    row.memory_bytes = i.memory_bytes;
    row.links = i.links, row.monitors = i.monitors, row.watchers = i.watchers;
    row.named = i.named;
  }
  answered_.fetch_add_relaxed(1);
}

void Inspector::start_round(Snapshot& out, uint16_t host_index) {
  round_ = &out;
  begun_ns_ = monotonic_ns();
  next_ = 0;
  std::size_t count = 0;
  uint32_t last_place = 0;
  for (uint16_t h = 0; h < node_.host_count(); ++h) {
    if (host_index != kAllHosts && h != host_index) continue;
    for (const Pid pid : node_.pids_of(h)) {
      if (count == out.rows.size()) out.rows.emplace_back();
      ProcessRow& row = out.rows[count++];
      std::string entry = std::move(row.entry);  // its memory
      row = ProcessRow();
      row.entry = std::move(entry);
      row.pid = pid;
      row.host_index = h;
      last_place = std::max(last_place, pid_index(pid));
    }
  }
  out.rows.resize(count);
  lock_shards();
  row_of_.assign(count == 0 ? 0 : std::size_t{last_place} + 1, 0);
  for (std::size_t i = 0; i < count; ++i) row_of_[pid_index(out.rows[i].pid)] = static_cast<uint32_t>(i + 1);
  rows_ = &out.rows;
  answered_.store_relaxed(0);
  unlock_shards();
}

// What it shows is noted before the question makes it run. False: all have been asked.
bool Inspector::ask_next() {
  std::vector<ProcessRow>& rows = round_->rows;
  if (next_ == rows.size()) return false;
  ProcessRow& row = rows[next_++];
  Process::Shown shown{ProcessState::kComplete, WaitReason::kNone};
  {
    ReaderSection section(this_memory().reader());
    if (const Process* const p = node_.find(row.pid)) shown = p->shown();
  }
  {
    LockGuard lock(shards_[pid_index(row.pid) % kShards]);
    row.state = shown.state;
    row.wait = shown.wait;
  }
  if (shown.state == ProcessState::kComplete || !node_.ask(row.pid)) ended();  // its row goes at the end of the round
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
  for (const ProcessRow& row : round_->rows) {
    bool answered = false;
    {
      LockGuard lock(shards_[pid_index(row.pid) % kShards]);
      answered = row.answered;
    }
    if (!answered) static_cast<void>(node_.ask(row.pid));  // false: gone
  }
}

void Inspector::collect(Snapshot& out, uint16_t host_index, uint64_t limit_ns) {
  LockGuard round(round_mutex_);
  start_round(out, host_index);
  uint32_t window = kWindow;
  while (ask_next()) {
    if (next_ % 64 == 0 && !wait_for_answers(window, monotonic_ns() + kPatienceNs)) window += kWindow;
  }
  const uint64_t deadline_ns = monotonic_ns() + std::min(limit_ns, kLimitNs);
  for (uint64_t patience_ns = kPatienceNs; monotonic_ns() < deadline_ns; patience_ns *= 4) {
    if (wait_for_answers(0, std::min(deadline_ns, monotonic_ns() + patience_ns))) break;
    ask_again();
  }
  finish_round();
}

void Inspector::begin(Snapshot& out, uint16_t host_index) {
  round_mutex_.lock();
  start_round(out, host_index);
  while (ask_next()) continue;
}

void Inspector::end(Snapshot&) {
  finish_round();
  round_mutex_.unlock();
}

void Inspector::finish_round() {
  lock_shards();
  rows_ = nullptr;
  unlock_shards();
  Snapshot& out = *round_;
  out.taken_ns = monotonic_ns();
  out.unanswered = 0;
  std::erase_if(out.rows, [&](const ProcessRow& row) {
    return row.state == ProcessState::kComplete || (!row.answered && !node_.alive(row.pid));
  });
  std::unordered_map<uint64_t, uint64_t> oldest;
  for (ProcessRow& row : out.rows) {
    if (!row.answered) ++out.unanswered;
    if (row.named) row.names = node_.names().names_of(row.pid);
    if (row.messages == 0) continue;
    const auto since = oldest_since_ns_.find(row.pid.value);
    const uint64_t first_ns = row.oldest_is_old && since != oldest_since_ns_.end() ? since->second : out.taken_ns;
    oldest.emplace(row.pid.value, first_ns);
    row.oldest_ns = out.taken_ns - first_ns;
  }
  oldest_since_ns_ = std::move(oldest);
  round_ = nullptr;
  out.took_ns = monotonic_ns() - begun_ns_;
}

}  // namespace wippy
