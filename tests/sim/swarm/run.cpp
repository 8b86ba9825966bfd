#include "run.hpp"

#include <memory>

#include "board.hpp"
#include "memory/this_thread.hpp"
#include "scheduler/clock.hpp"

namespace wippy::swarm {

namespace {

constexpr uint64_t kMaxPoints = 4'000'000;
constexpr uint64_t kScriptsNs = 2'000'000'000;
constexpr uint64_t kSettleNs = 50'000'000;
constexpr uint64_t kGraceNs = 5'000'000;
constexpr uint32_t kIndexBits = 15;

void nap(uint64_t ns) {
  Parker p;
  static_cast<void>(p.park(monotonic_ns() + ns));
}

class Run {
 public:
  Run(const Plan& plan, Board& board)
      : plan_(plan), board_(board), runtime_(config(plan)), outside_(plan.seed ^ 0xfau) {
    for (uint32_t i = 0; i < plan.hosts; ++i) {
      HostOptions o;
      o.id = i == 0 ? "app:first" : "app:second";
      o.workers = plan.workers;
      board_.hosts.push_back(&runtime_.add_host(o));
      board_.that(board_.hosts.back()->start().ok(), "the host starts");
    }
    main_memory_ = t_this_thread.memory;
  }
  ~Run() { board_.hosts.clear(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void play() {
    const sim::Famine famine{(plan_.famine & 1) != 0, (plan_.famine & 2) != 0, plan_.famine_from, plan_.famine_calls,
                             plan_.famine_pm};
    sim::set_famine(famine, plan_.seed);
    for (uint32_t i = 0; i < plan_.actors; ++i) spawn_actor();
    faults();
    board_.wait_for_scripts(monotonic_ns() + kScriptsNs);
    board_.that(board_.scripts_over(), "all scripts come to their ends");
    sim::end_famine();
    nap(kSettleNs);  // whatever is owed comes now; then all stand still
    board_.stopping = true;
    static_cast<void>(runtime_.stop(kGraceNs));
    check_empty();
  }

  bool standstill() {
    ThreadMemory* const before = t_this_thread.memory;  // the last to wait may be no user of the pools
    t_this_thread.memory = main_memory_;
    const bool whole = check_standstill(board_, runtime_.node());
    t_this_thread.memory = before;
    return whole;
  }

 private:
  static Runtime::Config config(const Plan& plan) {
    Runtime::Config c;
    c.seed = plan.seed;
    c.pid_index_bits = kIndexBits;
    return c;
  }

  void spawn_actor() {
    Actor& a = board_.create();
    SpawnOptions o;
    o.host = &board_.hosts[outside_.below(static_cast<uint32_t>(board_.hosts.size()))]->core();
    const SpawnResult r = spawn_native(runtime_.node(), o, actor, &board_, a.number, Ticket(board_, a));
    board_.that(r.status.ok() || r.status.kind == ErrorKind::kUnavailable,
                "a spawn from outside says why it is refused");
    if (r.status.ok()) a.pid = r.pid;
  }

  // From outside: kills at random times, one host stopped in the middle of everything.
  void faults() {
    for (uint32_t i = 0; i < plan_.kills; ++i) {
      nap(1 + outside_.below(100'000));
      const Pid p = board_.at(outside_.below(board_.size())).pid;
      if (p.value != 0) static_cast<void>(runtime_.node().kill(p, Control::kKillTerminate));
    }
    if (plan_.stop_us == 0) return;
    nap(uint64_t{plan_.stop_us} * 1000);
    ProcessHost& last = *board_.hosts.back();
    const uint64_t grace_ns = 1 + outside_.below(200'000);
    const uint64_t t0_ns = monotonic_ns();
    board_.stopping = true;
    last.begin_stop(grace_ns);
    static_cast<void>(last.finish_stop(t0_ns + grace_ns));
    board_.that(last.pids().empty(), "a stopped host has no processes");
    board_.that(monotonic_ns() - t0_ns < 1'000'000'000, "stopping a host does not run into its emergency limits");
  }

  void check_empty() {
    NodeCore& node = runtime_.node();
    board_.that(node.live_processes() == 0, "no process is left");
    board_.that(node.names().size() == 0, "no name is left");
    for (ProcessHost* h : board_.hosts) board_.that(h->pids().empty(), "no pid is left");
    for (uint32_t i = 0; i < board_.size(); ++i) {
      board_.that(board_.at(i).pid.value == 0 || board_.at(i).gone, "no frame is left");
    }
  }

  const Plan& plan_;
  Board& board_;
  Runtime runtime_;
  Random outside_;
  ThreadMemory* main_memory_ = nullptr;
};

// The runtime is gone: everything it took must be back.
void check_account(Board& b, int64_t heap_before) {
  const sim::Account& a = sim::g_account;
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    const std::string of = " of slab class " + std::to_string(c);
    if (a.slab_in_use[c] != 0) b.broken("every item is given back: " + std::to_string(a.slab_in_use[c]) + " left" + of);
    if (a.slab_carved[c] != a.slab_free[c] + a.slab_in_use[c]) b.broken("carved = free + in use" + of);
  }
  if (a.heap_blocks != heap_before) {
    b.broken("every heap block is given back: " + std::to_string(a.heap_blocks - heap_before) + " left");
  }
  b.that(b.attempted == b.received + a.dropped_messages, "sent = received + dropped when nothing is left");
}

}  // namespace

Verdict run_plan(const Plan& plan, sim::Bug bug, int trace) {
  static_cast<void>(ExitReason::standard());  // kept for ever, on no run's account
  sim::Options o;
  o.bug = bug;
  o.max_points = kMaxPoints;
  if (plan.nodes > 1) o.topology = "pack:2 numa:1 l3:1 core:2 pu:1";
  if (trace > 0) o.trace = stderr;
  o.trace_switches = trace > 1;
  o.replay = "sim_swarm --plan '" + plan_text(plan) + "'";
  auto board = std::make_unique<Board>(plan);
  Run* running = nullptr;
  o.standstill = [&] { return running == nullptr || running->standstill(); };
  Verdict v;
  sim::g_account = sim::Account{};
  v.result = sim::run(plan.seed, std::move(o), [&] {
    const int64_t heap_before = sim::g_account.heap_blocks;
    {
      Run run(plan, *board);
      running = &run;
      run.play();
      running = nullptr;
    }
    check_account(*board, heap_before);
    return 0;
  });
  v.problems = board->problems();
  if (v.result.outcome == sim::Outcome::kDeadlock || v.result.outcome == sim::Outcome::kLimit) {
    v.problems.push_back(std::string("the run ends: ") + sim::outcome_name(v.result.outcome));
  }
  v.refusals = sim::g_account.refusals;
  v.standstills = board->standstills;
  v.actors = board->size();
  v.messages = board->received;
  if (v.result.outcome != sim::Outcome::kFinished) static_cast<void>(board.release());  // abandoned fibers refer to it
  return v;
}

}  // namespace wippy::swarm
