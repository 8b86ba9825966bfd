#include "runtime/process/node_core.hpp"

#include <cstdio>
#include <cstdlib>

#include "runtime/process/points.hpp"
#include "runtime/process/process_ext.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker.hpp"

namespace wippy {

NodeCore::NodeCore(MemoryPools& pools, const Config& config)
    : pools_(pools), blocks_(config.index_bits, config.binder), node_name_(config.node_name) {
  static_cast<void>(ExitReason::standard());  // while there is memory
}

NodeCore::~NodeCore() = default;

HostCore& NodeCore::add_host(std::string id) {
  const auto index = static_cast<uint16_t>(hosts_.size());
  const std::string node = node_name_.empty() ? "" : node_name_ + "@";
  const std::string prefix = "{" + node + id + "|0x";
  hosts_.push_back(std::make_unique<HostCore>(*this, index, std::move(id)));
  hosts_.back()->set_pid_prefix(prefix);
  return *hosts_.back();
}

HostCore* NodeCore::find_host(std::string_view id) noexcept {
  for (const auto& h : hosts_) {
    if (h->id() == id) return h.get();
  }
  return nullptr;
}

bool NodeCore::alive(Pid pid) noexcept {
  ReaderSection section(this_memory().reader());
  return find(pid) != nullptr;
}

// The pusher that gets the idle tag back owns the right, and the duty, to submit; the process cannot be freed before
// that submission has run, so no reader section is needed here.
void NodeCore::submit(Process* p) noexcept {
  WorkerProcs* const mine = WorkerProcs::current_or_null();
  if (mine != nullptr && mine->host().index() == p->host_index() && &mine->node() == this) {
    Worker::current()->submit_local(p);
  } else {
    host_at(p->host_index())->scheduler()->submit_remote(p, p->last_worker());
  }
}

bool NodeCore::deliver_urgent(Pid to, Signal* s) noexcept {
  PushResult r = PushResult::kQueued;
  Process* p = nullptr;
  {
    ReaderSection section(this_memory().reader());
    p = find(to);
    if (p != nullptr) {
      r = p->head().push(s, s);
      p->set_urgent();  // not before: the owner would clear it, drain, and find nothing yet
    }
  }
  if (p == nullptr) {
    destroy_signal(s);
    return false;
  }
  if (r == PushResult::kMustSubmit) submit(p);
  return true;
}

Status NodeCore::kill_with(Pid target, uint32_t kill_bit, Signal* s) noexcept {
  if (s == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  PushResult r = PushResult::kQueued;
  Process* p = nullptr;
  {
    ReaderSection section(this_memory().reader());
    p = find(target);
    if (p != nullptr) {
      static_cast<void>(p->kill(kill_bit));  // already dying: the first reason stands
      r = p->head().push(s, s);              // wakes an idle target; the word says the rest
    }
  }
  if (p == nullptr) {
    destroy_signal(s);
    return Status::error(ErrorKind::kNotFound, "process not found");
  }
  if (r == PushResult::kMustSubmit) submit(p);
  return Status::good();
}

uint64_t NodeCore::new_ref() noexcept {
  if (WorkerProcs* w = WorkerProcs::current_or_null()) return w->new_ref();
  return (ref_ranges_.fetch_add_relaxed(1)) << 20;  // outside threads: a range for each, they need few
}

int64_t NodeCore::live_processes() const noexcept {
  LockGuard lock(workers_mutex_);
  int64_t n = departed_live_;
  for (const WorkerProcs* w : workers_) n += w->live();
  return n;
}

void NodeCore::count_denial(std::string_view action) noexcept {
  try {
    LockGuard lock(denials_mutex_);
    auto at = denials_.find(action);
    if (at == denials_.end() && denials_.size() >= kMostActions) action = "other";
    if (at == denials_.end()) at = denials_.try_emplace(std::string(action), 0).first;
    ++at->second;
  } catch (...) {  // without memory one is not counted
  }
}

std::map<std::string, uint64_t, std::less<>> NodeCore::denials() const {
  LockGuard lock(denials_mutex_);
  return denials_;
}

HostTally NodeCore::tally(uint16_t host_index) const noexcept {
  const HostCore& host = *hosts_[host_index];
  LockGuard lock(workers_mutex_);
  HostTally sum = host.departed;
  for (const WorkerProcs* w : workers_) {
    if (&w->host() == &host) sum += w->tally();
  }
  sum.spawned += host.foreign_spawns();
  return sum;
}

std::vector<Pid> NodeCore::pids_of(uint16_t host_index) {
  std::vector<Pid> out;
  for (const uint32_t segment : blocks_.segments_of(host_index)) {
    const uint32_t end = blocks_.carved_end(segment);
    for (uint32_t i = segment * BlockTable::kSegmentBlocks; i < end; ++i) {
      const uint64_t v = Process::published_id(blocks_.at(i));
      if (v != 0) out.push_back(Pid{pid_index(Pid{v}) == i ? v : ~v});  // the complement: bounded
    }
  }
  return out;
}

std::string NodeCore::format(Pid pid) const {
  const uint16_t owner = blocks_.owner_of(pid_index(pid));
  char hex[24];
  std::snprintf(hex, sizeof hex, "%05llx}", static_cast<unsigned long long>(pid.value));
  if (owner < hosts_.size()) return hosts_[owner]->pid_prefix() + hex;
  return "{" + (node_name_.empty() ? "" : node_name_ + "@") + "|0x" + hex;
}

// What format() writes, from its end: the number says which host's prefix stands before it. 0: it is something else.
Pid NodeCore::parse_formatted(std::string_view text) const noexcept {
  constexpr uint32_t kMostDigits = 16;
  uint64_t value = 0;
  std::size_t at = text.size() - 1;  // the closing brace
  for (uint32_t digits = 0; digits < kMostDigits && at > 0; ++digits, --at) {
    const char c = text[at - 1];
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
    if (digit < 0) break;
    value |= static_cast<uint64_t>(digit) << (4 * digits);
  }
  const uint16_t owner = blocks_.owner_of(pid_index(Pid{value}));
  if (owner >= hosts_.size() || text.substr(0, at) != hosts_[owner]->pid_prefix()) return Pid{};
  return Pid{value};
}

Status NodeCore::parse(std::string_view text, Pid& pid) const noexcept {
  pid = Pid{};
  if (!looks_like_pid(text)) return Status::error(ErrorKind::kInvalid, "not a PID");
  pid = parse_formatted(text);
  if (pid) return Status::good();
  text = text.substr(1, text.size() - 2);
  const std::size_t first_bar = text.find('|');
  std::string_view host = text.substr(0, first_bar);
  const std::string_view unique = text.substr(text.rfind('|') + 1);  // the old three-part form has a middle
  if (const std::size_t at = host.find('@'); at != std::string_view::npos) {
    if (host.substr(0, at) != node_name_) return Status::good();  // of another node: known form, nobody here
    host = host.substr(at + 1);
  }
  if (unique.size() < 3 || unique.substr(0, 2) != "0x" || unique.size() > 18) return Status::good();
  uint64_t value = 0;
  for (const char c : unique.substr(2)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
    if (digit < 0) return Status::good();
    value = value << 4 | static_cast<uint64_t>(digit);
  }
  const uint16_t owner = blocks_.owner_of(pid_index(Pid{value}));
  if (owner < hosts_.size() && hosts_[owner]->id() == host) pid = Pid{value};
  return Status::good();
}

}  // namespace wippy
