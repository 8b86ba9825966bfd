// The deterministic simulation of the whole program (rulings.md "Simulation").
//
// One OS thread carries every thread of the runtime as a fiber. The code is the production code: in this build every verb of
// memory/atomic.hpp, every lock and every park is a switch point, at which a seeded scheduler may let another fiber go on;
// time, randomness, threads and the machine's topology are the simulation's (runtime/sim/hooks.hpp). The same seed gives
// the same run, switch by switch, in every start of the same program; another seed another run.
//
// What it finds: schedule bugs (lost wake-ups, check-then-act races, order of exits, timers). What it cannot find: missing
// memory order, since one thread sees its own stores in order; those belong to tests/model.
//
// Scheduling. Between two looks of the scheduler lies a random number of switch points whose mean is drawn per run (2 …
// 512): small means find tight races, large ones races that need a thread to run far. At a look another ready fiber,
// chosen uniformly, goes on; in some runs the fiber left behind is now and then frozen for up to 4 virtual ms, as if the
// kernel had taken its processor. In some runs a wait now and then ends early for no reason, as a futex may.
// Time moves by a per-run step (5 … 400 ns) at each switch point, and jumps to the nearest deadline when all wait.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "runtime/sim/counts.hpp"
#include "runtime/sim/hooks.hpp"

namespace wippy::sim {

// Options::mean_points: no looks at all. A fiber runs until it waits or yields, so the schedule depends on these events
// alone and not on how many atomic accesses lie between them.
inline constexpr uint32_t kOnlyAtWaits = ~uint32_t{0};

// Zero means "drawn from the seed", unless said otherwise.
struct Options {
  uint32_t mean_points = 0;         // switch points between two looks
  uint32_t step_ns = 0;             // time per switch point
  int32_t freeze_per_mille = -1;    // of switches freeze the fiber left behind; -1: drawn
  int32_t spurious_per_mille = -1;  // of waits end early; -1: drawn
  uint64_t max_points = 0;          // more switch points than this end the run as kLimit; 0: no limit
  uint64_t max_virtual_ns = 0;      // the same for virtual time; 0: no limit
  Bug bug = Bug::kNone;
  const char* topology = nullptr;      // hwloc's synthetic notation; null: one node with four cores
  std::FILE* trace = nullptr;          // one line per event
  bool trace_switches = false;         // and one per switch
  std::string replay;                  // the command that repeats this run; printed when it fails or crashes
  std::function<std::string()> state;  // more lines for the failure report; called when the run is over
  // Asked when all fibers wait and no deadline is left, and when max_virtual_ns is over. True: it has made a fiber ready,
  // as a signal from outside would (and time goes on for 60 s); false or empty: kDeadlock, kLimit. It must not block.
  std::function<bool()> operator_stops;
  // Called each time all fibers wait for a word or for time, before time jumps: nothing is on its way then. Nobody else runs
  // meanwhile; it must not block or send. False: the run ends as kStopped.
  std::function<bool()> standstill;
};

enum class Outcome : uint8_t {
  kFinished,  // main returned
  kDeadlock,  // all fibers wait, none with a deadline
  kLimit,     // max_points or max_virtual_ns
  kStopped,   // Options::standstill said so
};

struct Result {
  Outcome outcome = Outcome::kFinished;
  int code = 0;                // what main returned; 3 when it did not return
  uint64_t hash = 0;           // over (pid, kind, from) of all signals taken out of mailboxes, in order
  uint64_t schedule_hash = 0;  // over all switches: which fiber, at which point
  uint64_t events = 0;
  uint64_t points = 0;
  uint64_t switches = 0;
  uint64_t virtual_ns = 0;
  uint32_t fibers_left = 0;  // not ended when main returned
  std::string report;        // why it failed; empty when finished
};

// Which requests for memory are refused, counted from the call of set_famine: `calls` of them from `from_call` on, of those
// per_mille, and for no longer than for_ns from the first one. Others are granted. Drawn from a stream of its own.
struct Famine {
  bool slabs = false;
  bool heap = false;
  uint64_t from_call = 0;
  uint64_t calls = 0;
  uint32_t per_mille = 1000;
  uint64_t for_ns = 10'000'000;
};
void set_famine(const Famine& famine, uint64_t seed);  // inside a run; ends with the run
void end_famine() noexcept;

// Runs `main` in the first fiber until it returns or the run fails. Not from inside a run. What a failed run held (heap,
// locks of libraries) is leaked: report and stop, or at least do not run many of them.
Result run(uint64_t seed, Options options, std::function<int()> main);

const char* outcome_name(Outcome outcome) noexcept;
// "seed=7 hash=0x… events=123 virtual_time=1.234ms": one line, without a line break.
std::string summary(uint64_t seed, const Result& result);

}  // namespace wippy::sim
