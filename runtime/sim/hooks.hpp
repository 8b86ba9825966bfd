// The doors through which the production code meets the simulation; included by every layer, only under WIPPY_SIM.
// One real thread carries every virtual worker as a fiber; none of these functions is called from a second thread.
// Outside a run (static initialisation, tests between runs) nothing switches and the clock only creeps on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wippy::sim {

// Counts down at every switch point; at zero the scheduler looks. Only runtime/sim/ touches it otherwise.
extern std::int64_t g_points_left;
void switch_slow() noexcept;
// May run another fiber. About 1 ns when it does not.
inline void switch_point() noexcept {
  if (__builtin_expect(--g_points_left <= 0, 0)) switch_slow();
}

std::uint64_t now_ns() noexcept;      // virtual monotonic time; grows with every switch point
std::uint64_t wall_ns() noexcept;     // virtual wall clock, a fixed start plus now_ns()
std::uint64_t random_u64() noexcept;  // from the run's seed
// As a futex: until wake(word) or now_ns() >= deadline_ns (~0: never), or early for no reason. The caller has compared
// *word with `expected` without a switch point in between.
void wait_on(const void* word, std::uint32_t expected, std::uint64_t deadline_ns) noexcept;
void wake(const void* word, std::uint32_t count) noexcept;
void wait_for_lock(const void* mutex) noexcept;  // as wait_on without deadline, never early
void unlocked(const void* mutex) noexcept;       // lets one waiter try again
// `run(arg)` starts at some later switch point. Returns an id for join. `name` is copied.
std::uint64_t spawn_fiber(const char* name, void (*run)(void*), void* arg) noexcept;
void join_fiber(std::uint64_t id) noexcept;
void yield_fiber() noexcept;  // always lets another ready fiber run

// Fresh pages at an address that is the same in every program start (runtime/sim/fixed_pages.cpp). Null: refused.
void* map_fixed(std::size_t bytes, int protection) noexcept;
const char* topology() noexcept;  // the simulated machine, in hwloc's synthetic notation
// A process takes a signal out of its mailbox: (its pid, SignalKind, sender). Goes into the run's event hash.
void record_event(std::uint64_t pid, std::uint32_t kind, std::uint64_t from) noexcept;

// Memory that the simulated system refuses: the node's slabs, and malloc, calloc, realloc (the link has --wrap for them).
enum class Memory : std::uint8_t { kSlab, kHeap };
extern bool g_famine;  // something may be refused now (sim::set_famine)
bool refuse_slow(Memory seam) noexcept;
inline bool refused(Memory seam) noexcept { return __builtin_expect(g_famine, 0) && refuse_slow(seam); }

// What a run has taken and given back. Plain: one thread.
inline constexpr std::uint32_t kAccountClasses = 16;
struct Account {
  std::int64_t slab_in_use[kAccountClasses];  // items of a class that somebody holds; kept by count()
  std::int64_t slab_carved[kAccountClasses];  // items ever made
  std::int64_t slab_free[kAccountClasses];    // found in the depots when the pools died
  std::int64_t heap_blocks;                   // malloc minus free
  std::uint64_t refusals;
  std::uint64_t dropped_messages;  // ended unread: refused, or their process is gone
};
extern Account g_account;

// Mistakes that tests plant to prove that the simulation finds their like: schedule bugs, all accesses stay atomic.
enum class Bug : std::uint8_t {
  kNone,
  kLostWake,       // Parker::unpark looks first and stores later: a sleep in between is not ended
  kBlindIdle,      // MailboxHead::try_idle compares first and stores later: a push in between is not noticed
  kNoRecheck,      // Worker::sleep does not look for work between announcing sleep and parking
  kDeafToKill,     // a kill that arrives in the middle of a step is not looked at when its wake-up signal is taken
  kUnbornIsDead,   // NameTable takes a name reserved for a child that is being made for the name of a dead process
  kMailAfterName,  // a spawn gives the child its first messages when others can find it already
  kNamesFirst,     // Process::begin_exit releases the names before the pid is erased: a registration in between stays
  // Those below break a promise without stopping anybody: only the checkers of tests/sim/swarm see them.
  kExitOvertakes,   // Process::keep puts an EXIT before what the process had sent earlier
  kDeafZombie,      // Process::run_zombie does not answer monitors and links that came in the moment of the exit
  kOneSidedUnlink,  // Context::unlink does not tell the peer
  kMailLeak,        // Process::settle_queue does not free the messages it finds
  kLinkStays,       // Context::link, refused memory, leaves its entry behind
  kUntiedChild,     // a spawn that is refused memory for the monitor goes on without
  kKeptLost,        // Process::change_machine drops what was kept for the old machine
  kOldRequests,     // Process::change_machine leaves timers, private watches and unread answers of the old machine
  kRoutedLost,      // MailRouter::close, at an upgrade, gives back only the mail of topics that nobody listens to
  kMailTurned,      // MailRouter::close, at an upgrade, gives the mail back oldest first, which turns it round
  // One for each rule of the process model (docs/internals/simulation.md).
  kReordered,         // Process::keep puts a message before older ones
  kLinksFirst,        // Process::tell_peers sends LINK_DOWN before EXIT
  kTwiceTold,         // two EXIT for a watch, and the watcher does not strike it off
  kUnmonitorForgets,  // Context::unwatch says yes and does nothing
  kLinkUnheard,       // LinkRules::apply forgets a LINK
  kNoCascade,         // who dies of a link does not tell its own peers
  kTrapIgnored,       // a LINK_DOWN kills who traps, too
  kNormalIsFailure,   // a normal exit sends LINK_DOWN
  kNamesLate,         // names are released after the EXIT signals
  kTwoWinners,        // NameTable::add looks first and takes later
  kFirstDeadline,     // Context::cancel: a second deadline for the same process is forgotten
  kStaleDeadline,     // a deadline kills who lives in the block of a process that had ended in time
  kTwoReasons,        // LINK_DOWN does not carry the exit's own reason
  kEarlyMailLost,     // a message that came before the first step is dropped
  kLateTie,           // a spawn ties link and monitor after the child is let loose
  kOneRoundDeadlock,  // DeadlockWatch names circles that one round shows
};
extern Bug g_planted;
extern std::uint64_t g_plant_note;  // what a mistake may remember within a run
inline bool planted(Bug bug) noexcept { return __builtin_expect(g_planted == bug, 0); }

}  // namespace wippy::sim
