// The state of one execution: threads, locations with their modification orders, and the operations on them.
//
// Memory model (view-based; see view.hpp for the sources). Every location keeps its modification order as a list of
// messages (value + the view the writer released). A load picks any message at or after the thread's view of that location:
// a choice of the explorer. A store picks any place in the order after the thread's view, which need not be the end.
// Acquire joins the message's view into the thread's; a relaxed load keeps it for a later acquire fence. A release store
// attaches the thread's view; a relaxed one the view of the last release fence. A read-modify-write reads a message that no
// other one has taken, is placed right behind it and continues its release sequence (C++20: also across other threads' RMWs,
// not across plain stores). An SC fence is an acquire and release fence which also joins the `at` part of one global view, both ways.
// seq_cst read-modify-writes are treated as acq_rel: permitted behaviours are then a superset of C++20's (a model that let
// them publish into the SC view would forbid a stale read that AArch64 shows after STLXR; STR), so nothing is hidden, and a
// protocol that needs more than acq_rel from one RMW is reported and must use a fence.
//
// Not modelled: load buffering (a load that sees a store which depends on what follows the load). It is excluded by every
// view model without promises, and by loom and Relacy alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "memory/this_thread.hpp"
#include "model/checker/fiber.hpp"
#include "model/checker/view.hpp"

namespace wippy::model {

using Site = std::source_location;

// Keeps the plain accesses of a function out of the race check (checker/plain_memory.cpp).
#define WIPPY_MODEL_UNCHECKED __attribute__((no_sanitize("thread")))

enum Order : uint8_t { kRelaxed = 0, kAcquire = 1, kRelease = 2, kAcqRel = 3, kFenceOff = 4, kFenceSc = 8 };
enum class Rmw : uint8_t { kExchange, kAdd, kSub, kOr, kAnd };

inline uint64_t apply(Rmw op, uint64_t old, uint64_t operand, uint64_t mask) noexcept {
  switch (op) {
    case Rmw::kExchange: return operand;
    case Rmw::kAdd: return (old + operand) & mask;
    case Rmw::kSub: return (old - operand) & mask;
    case Rmw::kOr: return old | operand;
    case Rmw::kAnd: return old & operand;
  }
  return old;
}

// How a waiting thread waits.
enum class Wait : uint8_t { kNone, kRelax, kFutex, kDone };

struct Message {
  uint64_t value;
  int16_t stamp;  // place in the modification order; what View::at holds
  bool rmw;       // nothing may be placed between this message and the one before
  View view;
};

struct Location {
  const void* address = nullptr;
  std::vector<Message> messages;  // by stamp; capacity kept between executions; `count` are alive
  int count = 0;
  int16_t constructor_thread = 0;
  int16_t constructor_clock = 0;
};

// One location's last plain accesses (FastTrack's epochs, without the read-share optimisation).
struct PlainState {
  int16_t write_thread = 0;
  int16_t write_clock = 0;
  int16_t read_clock[kMaxThreads] = {};
};

struct ModelThread {
  Fiber fiber;
  ThisThread here;  // t_this_thread while another fiber runs
  Wait wait = Wait::kDone;
  bool started = false;
  bool timed = false;  // kFutex: may return by itself
  bool timed_out = false;
  const void* word = nullptr;         // kFutex
  uint32_t writes = 0;                // own writes in this execution
  uint32_t seen_foreign = 0;          // writes by others at the last cpu_relax
  uint64_t read_set[2] = {0, 0};      // locations read since the last cpu_relax
  uint8_t stale[kMaxLocations] = {};  // consecutive loads that returned the same outdated message
  View cur, acq, rel;
};

struct Choice {
  uint16_t chosen;
  uint16_t bound;
};

struct TraceLine {
  int thread;
  const char* verb;
  Site site;
  int location;  // -1: none
  uint64_t value;
  int newer;  // messages newer than the one read
  std::string note;
};

struct Options {
  int bound = 2;                         // preemptions per execution
  uint32_t max_steps = 3000;             // per execution; more is reported as a livelock
  uint64_t max_executions = 50'000'000;  // more is reported as incomplete, which fails the case
  double max_seconds = 120;
  bool asymmetric = false;  // fence_light() is no instruction, and membarrier reaches every thread where it stands
  int stale_repeats = 4;    // written values become visible in finite time: so many equal stale reads in a row
  int early_returns = 0;    // per execution: futex time-outs or spurious returns the explorer may insert
  int weak_failures = 0;    // per execution: spurious failures of weak CAS the explorer may insert
};

// Verbs call these; `initial` is the value held by the object itself, used when the location was not touched before.
uint64_t atomic_load(const void* a, uint64_t initial, Order o, const char* verb, Site s);
void atomic_store(const void* a, uint64_t initial, uint64_t value, Order o, const char* verb, Site s);
uint64_t atomic_rmw(const void* a, uint64_t initial, Rmw op, uint64_t operand, uint64_t mask, Order o, const char* verb,
                    Site s);
bool atomic_cas(const void* a, uint64_t initial, uint64_t& expected, uint64_t desired, bool weak, Order success,
                Order failure, const char* verb, Site s);
void atomic_fence(Order o, const char* verb, Site s);
void light_fence(Site s);
void atomic_constructed(const void* a) noexcept;
void relax(Site s);

// The kernel's futex and membarrier, and mutexes, for code under test (checker/interpose.cpp).
enum class FutexResult : uint8_t { kWoken, kChanged, kTimedOut };
FutexResult futex_wait(const void* word, uint32_t expected, bool timed);
int futex_wake(const void* word, int count);
void process_barrier();
void mutex_lock(const void* m);
void mutex_unlock(const void* m);

// A run queue for suites that are not about run queues: it blocks without polling, publishes and acquires, loses nothing.
class Baton {
 public:
  explicit Baton(int count = 0) : count_(count) {}
  void give(const char* if_given_twice = nullptr);  // fails the execution if one is there already and a text is given
  bool take();                                      // blocks; false: closed
  bool try_take();
  void close();

 private:
  int count_;
  bool closed_ = false;
  View view_{};
};

// What clock_gettime(2) says during an execution: 1 s at its start, and `step_ns` more at each reading (0 at the start).
void clock_advance(uint64_t ns);
void clock_step(uint64_t ns);
uint64_t clock_read();

// Plain data: race check only.
void plain_read(const PlainState& p, PlainState& mutable_p, const char* what, Site s);
void plain_write(PlainState& p, const char* what, Site s);
void plain_created(PlainState& p) noexcept;

// True between setup and destruction of an execution; false in ordinary code, where the verbs are plain accesses.
bool executing() noexcept;
// 0 in setup and finish, 1… in the modelled threads.
int current_thread() noexcept;
// Ends the execution as failed; does not return during an execution.
[[noreturn]] void fail(const std::string& why);
// One of 0 … n-1, all explored.
int choose(int n);
// A note in the trace of a failing execution.
void note(const std::string& text);
// Gives an atomic a name in traces; only costs anything while a trace is written.
void name_address(const void* a, const char* name);

inline void check(bool ok, const char* what) {
  if (__builtin_expect(!ok, 0)) fail(what);
}

}  // namespace wippy::model
