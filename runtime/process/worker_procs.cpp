#include "runtime/process/worker_procs.hpp"

#include <new>

#include "memory/assert.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/monitor.hpp"

namespace wippy {

namespace {
constexpr uint64_t kRefRange = uint64_t{1} << 20;
}

EngineSlot* current_engine_slot() noexcept {
  WorkerProcs* mine = WorkerProcs::current_or_null();
  return mine == nullptr ? nullptr : &mine->engine_slot();
}

WorkerProcs::WorkerProcs(NodeCore& node, HostCore& host) : node_(node), host_(host), retired_(node.pools().grace()) {
  if (node_.pools().nodes() > 1) away_.resize(node_.pools().nodes());
  if (Worker* const w = Worker::current()) {
    flight_ = &node_.flights().take();
    node_.flights().set_label(*flight_,
                              host_.id() + "/" + std::to_string(w->index()) + " node " + std::to_string(w->node()));
    flight_->time(monotonic_ns());
    t_this_thread.flight = flight_;
    t_this_thread.node = &node_;
  }
  LockGuard lock(node_.workers_mutex_);
  node_.workers_.push_back(this);
}

WorkerProcs::~WorkerProcs() {
  if (engine_slot_.at_exit != nullptr) engine_slot_.at_exit(engine_slot_.data);
  if (flight_ != nullptr) {
    t_this_thread.flight = nullptr;
    t_this_thread.node = nullptr;
    flight_->time(monotonic_ns());
    node_.flights().give_back(*flight_);
  }
  // The last worker to go frees everything: nobody is left to read.
  reclaim(retired_.drain_for_park());
  while (Signal* s = set_aside_) {
    set_aside_ = s->link();
    destroy_signal(s);
  }
  if (free_ != nullptr) host_.spill(free_, free_count_, this_memory().node());
  flush_away();
  LockGuard lock(node_.workers_mutex_);
  node_.departed_live_ += live();
  host_.departed += tally();
  std::erase(node_.workers_, this);
}

HostTally WorkerProcs::tally() const noexcept {
  HostTally t;
  t.exited = exited_.read();  // before the spawns: never more exits than spawns
  for (std::size_t i = 0; i < kAbnormalExits; ++i) t.abnormal[i] = abnormal_[i].read();
  t.spawned = spawned_.read() - elsewhere_.read();
  return t;
}

inline Process* WorkerProcs::take_own() noexcept {
  if (Process* p = pop_free()) return p;
  return fresh_ == fresh_end_ ? nullptr : take_fresh();
}

[[gnu::noinline]] Process* WorkerProcs::take_fresh() noexcept {
  auto* p = new (node_.blocks().at(fresh_)) Process;
  p->set_first_identity(fresh_++);
  return p;
}

// A list the host holds; of it all but the first block stay with this worker if host and node are its own, else with the host.
Process* WorkerProcs::take_list(HostCore& host, NodeId node) noexcept {
  uint32_t count = 0;
  Process* p = host.refill(node, count);
  if (p == nullptr) return nullptr;
  Process* rest = p->next_free();
  if (&host == &host_ && node == this_memory().node()) {
    free_ = rest;
    free_count_ = count - 1;
  } else if (rest != nullptr) {
    host.spill(rest, count - 1, node);
  }
  return p;
}

// From this node's lists or a fresh run; from other nodes only when the table is used up.
Process* WorkerProcs::take_shared(HostCore& host) noexcept {
  const bool own = &host == &host_;
  const NodeId here = this_memory().node();
  if (Process* p = take_list(host, here)) return p;
  uint32_t first = 0;
  if (!node_.blocks().carve(host.index(), here, first)) {
    for (uint32_t n = 0; n < away_.size(); ++n) {
      if (Process* p = take_list(host, static_cast<NodeId>(n))) return p;
    }
    return nullptr;
  }
  if (own) {
    fresh_ = first;
    fresh_end_ = first + BlockTable::kRunBlocks;
    return take_own();
  }
  Process* list = nullptr;
  for (uint32_t i = BlockTable::kRunBlocks; i > 0; --i) {
    auto* p = new (node_.blocks().at(first + i - 1)) Process;
    p->set_first_identity(first + i - 1);
    p->set_next_free(list);
    list = p;
  }
  host.spill(list->next_free(), BlockTable::kRunBlocks - 1, here);
  return list;
}

Process* WorkerProcs::allocate(HostCore& host, uint16_t worker) noexcept {
  Process* p = &host == &host_ ? take_own() : nullptr;
  if (p == nullptr) p = take_shared(host);
  return p == nullptr ? nullptr : prepared(p, host, worker);
}

NodeId WorkerProcs::home_of(Process* p) noexcept { return node_.blocks().node_of(node_.blocks().index_of(p)); }

// As slab items (rulings.md S13): home in batches, so that a block is only ever used on its own node.
[[gnu::noinline]] void WorkerProcs::send_home(Process* p, NodeId home) noexcept {
  Away& a = away_[home];
  p->set_next_free(a.first);
  a.first = p;
  if (++a.count == kAwayBatch) {
    host_.spill(a.first, a.count, home);
    a = Away{};
  }
}

void WorkerProcs::flush_away() noexcept {
  for (uint32_t n = 0; n < away_.size(); ++n) {
    if (away_[n].first != nullptr) host_.spill(away_[n].first, away_[n].count, static_cast<NodeId>(n));
    away_[n] = Away{};
  }
}

inline void WorkerProcs::push_free(Process* p) noexcept {
  if (__builtin_expect(!away_.empty(), 0)) {
    const NodeId home = home_of(p);
    if (home != this_memory().node()) return send_home(p, home);
  }
  p->set_next_free(free_);
  free_ = p;
  if (++free_count_ > kKeep) spill();
}

[[gnu::noinline]] void WorkerProcs::spill() noexcept {
  Process* first = free_;
  Process* last = first;
  for (uint32_t i = 1; i < kSpill; ++i) last = last->next_free();
  free_ = last->next_free();
  free_count_ -= kSpill;
  last->set_next_free(nullptr);
  host_.spill(first, kSpill, this_memory().node());
}

void WorkerProcs::give_back(HostCore& host, Process* p) noexcept { recycle(host, p); }

inline void WorkerProcs::recycle(HostCore& host, Process* p) noexcept {
  count(Counted::kBlockFree);
  p->dispose();
  if (!p->has_generation()) return;
  if (&host == &host_) return push_free(p);
  p->set_next_free(nullptr);
  host.spill(p, 1, home_of(p));
}

void WorkerProcs::retire(Process* p) noexcept {
  retired_.retire(p->grace_node(), 0);
  if (retired_.held() >= kGraceBatch * 2) reclaim(retired_.poll(0));
}

void WorkerProcs::reclaim(GraceNode* list) noexcept {
  while (list != nullptr) {
    GraceNode* next = list->grace_next;
    Process* p = Process::from_grace(list);
    // Grace has passed: no new push can come. What came before must have been answered.
    if (!p->quiet()) {
      retired_.retire(p->grace_node(), 0);
    } else {
      recycle(*node_.host_at(p->host_index()), p);
    }
    list = next;
  }
}

// A thread that sleeps, or stays in one step, has time for its recorder.
void WorkerProcs::resume_flight(uint64_t now_ns) noexcept {
  pace_.resume(now_ns, flight_->raw_cursor());
  t_this_thread.flight = flight_;
}

void WorkerProcs::park_begins() noexcept {
  const uint64_t now_ns = monotonic_ns();
  flight_->time(now_ns);
  flight_->note(FlightKind::kPark, 0);
  resume_flight(now_ns);
}
void WorkerProcs::park_ends() noexcept {
  flight_->time(monotonic_ns());
  flight_->note(FlightKind::kUnpark, 0);
}
void WorkerProcs::long_step_ended() noexcept {
  const uint64_t now_ns = monotonic_ns();
  flight_->note(t_this_thread.flight == nullptr ? FlightKind::kTime : FlightKind::kLongStep, now_ns);
  resume_flight(now_ns);
}
void WorkerProcs::stole(uint32_t victim, uint32_t count) noexcept {
  flight_->note(FlightKind::kSteal, uint64_t{victim} << 16 | count);
}
void WorkerProcs::woke(uint32_t worker) noexcept { flight_->note(FlightKind::kWake, worker); }

void WorkerProcs::maintain(uint64_t now_ns) noexcept {
  const bool goes_on = pace_.next_window(now_ns, flight_->raw_cursor());
  if (goes_on || t_this_thread.flight != nullptr) flight_->time(now_ns);
  if (!goes_on && t_this_thread.flight != nullptr) flight_->note(FlightKind::kPause, 0);
  t_this_thread.flight = goes_on ? flight_ : nullptr;
  if (retired_.held() != 0 || node_.pools().grace().has_orphans()) {
    retired_.touch(now_ns);
    reclaim(retired_.poll(now_ns));
  }
}

uint32_t WorkerProcs::timers_allowed() noexcept {
  while (set_aside_count_ < kSetAside) {
    Signal* s = make_bare_signal(SignalKind::kTimer, Pid{}, 0);
    if (s == nullptr) break;
    s->link() = set_aside_;
    set_aside_ = s;
    ++set_aside_count_;
  }
  return set_aside_count_;
}

Signal* WorkerProcs::take_signal(SignalKind kind, uint64_t ref) noexcept {
  if (Signal* s = make_bare_signal(kind, Pid{}, ref)) return s;
  Signal* s = set_aside_;
  WIPPY_ASSERT(s != nullptr);
  set_aside_ = s->link();
  --set_aside_count_;
  s->kind = kind;
  s->ref = ref;
  return s;
}

void WorkerProcs::before_park() noexcept {
  reclaim(retired_.drain_for_park());
  flush_away();
}

void WorkerProcs::refill_refs() noexcept {
  next_ref_ = node_.ref_ranges_.fetch_add_relaxed(1) * kRefRange;  // only uniqueness counts
  end_ref_ = next_ref_ + kRefRange;
}

void HostCore::spill(Process* first, uint32_t count, NodeId node) noexcept {
  LockGuard lock(free_mutex_);
  if (free_.size() <= node) free_.resize(std::size_t{node} + 1);
  free_[node].push_back(FreeList{first, count});
}

Process* HostCore::refill(NodeId node, uint32_t& count) noexcept {
  LockGuard lock(free_mutex_);
  if (free_.size() <= node || free_[node].empty()) return nullptr;
  const FreeList l = free_[node].back();
  free_[node].pop_back();
  count = l.count;
  return l.first;
}

}  // namespace wippy
