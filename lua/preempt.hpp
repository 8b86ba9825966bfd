// Preemption of Lua code: no hook in steady state, a 1 ms tick while a worker runs Lua.
//
// Each worker that ever ran Lua has a POSIX timer (CLOCK_MONOTONIC) that signals that very thread with SIGURG. The handler
// acts when the step it sees already ran at the previous tick, or when the timer was started with it, as for every process
// that used up its last slice (theirs are slice_ns(), 1 ms at most, else 1 … 2 ms): it sets slice.expired and arms a count
// hook of 1 on the innermost coroutine. The hook yields to the machine, past all coroutines around it (lua/fibers.cpp).
//
// Async-signal safety. The handler runs on the thread it looks at, so ordering against the program is compiler fences only.
// It reads `active_` (null outside steps), `seq_`, and root.running, all written by this thread; it writes slice.expired and
// calls lua_gethook and lua_sethook on root.running. lua_sethook writes three fields and walks L->ci, and is made for this (lua.c calls it
// from its SIGINT handler, manual §4.7). root.running is valid whenever active_ is set: a coroutine is set as running
// before it is resumed and replaced before its reference is dropped. Late ticks cannot hit a later step: the next step has
// another seq_. timer_settime is async-signal-safe (POSIX.1-2017 §2.4.3). errno is restored.
//
// The timer is one-shot and started again at the end of the handler: lua_sethook walks the whole call chain, some
// milliseconds at a million frames, and a periodic timer would then leave the program no time at all (measured: it stood).
//
// Rest: a tick that finds no Lua step twice in a row disarms the timer, so a parked worker is disturbed at most twice; the
// next Lua step arms it again (one system call). In between consecutive steps nothing is done but three plain stores.
//
// The C boundary: where no yield can cross (a comparator called by C, a closing coroutine) the hook is re-armed at count
// 1,000 and looks at the kill word each time; slices there end late, kills do not.
//
// kCountMode (TSan does not deliver signals inside uninstrumented C; the simulation must not depend on time): no timer, a
// resident count hook of 1,000 that yields each time.
#pragma once

#include <csignal>
#include <ctime>

#include "lua/state.hpp"
#include "memory/atomic.hpp"

namespace wippy::lua {

#if defined(WIPPY_SIM) || defined(__SANITIZE_THREAD__)
inline constexpr bool kCountMode = true;
#else
inline constexpr bool kCountMode = false;
#endif
inline constexpr int kBoundaryInterval = 1000;  // instructions, where no yield is possible
inline constexpr int kResidentInterval = 1000;  // instructions, kCountMode and loading
inline constexpr uint32_t kResidentPolls = 16;  // polls of C functions per slice, kCountMode
inline constexpr uint64_t kTickNs = 1'000'000;
// A chunk's top level, run inside spawn: about 10 ms.
inline constexpr uint64_t kLoadInstructions = 1'000'000;
inline constexpr uint64_t kInstructionsPerPoll = 4'000;

// The hook of all three modes: load limit, slice end, kill. Never runs user code. [-0, +0, v]
void preempt_hook(lua_State* L, lua_Debug* ar);
// Raises for ever: installed where a kill unwinds.
void kill_hook(lua_State* L, lua_Debug* ar);

// Installs the resident hook where the mode or the load limit wants one; call before any coroutine exists.
void install_hooks(lua_State* L, ProcessRoot& root) noexcept;
// After loading: back to what steady state needs.
void end_loading(lua_State* L, ProcessRoot& root) noexcept;

// The tick of one thread. Made, used and destroyed on that thread.
class Ticker {
 public:
  Ticker() noexcept;
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // The calling worker's, made on first use; null outside workers, in kCountMode and when the system refuses a timer.
  static Ticker* current() noexcept;

  bool valid() const noexcept { return valid_; }
  // whole_slice: it used up its last one and will this one.
  void begin_step(ProcessRoot& root, bool whole_slice) noexcept {
    seq_ = seq_ + 1;
    active_ = &root;
    fence_signal();  // the handler sees active_ or has disarmed before we look
    if (whole_slice || armed_ == 0) [[unlikely]]
      arm(whole_slice);
  }
  void end_step() noexcept {
    active_ = nullptr;
    fence_signal();
  }
  // Around the loading of a child inside a step: ticks then find no Lua.
  ProcessRoot* pause() noexcept {
    ProcessRoot* const was = active_;
    end_step();
    return was;
  }
  void unpause(ProcessRoot* was) noexcept { active_ = was; }

 private:
  static void on_signal(int number, siginfo_t* info, void* context);
  void on_tick() noexcept;
  void arm(bool whole_slice) noexcept;
  void start_timer(uint64_t ns) noexcept;

  ProcessRoot* volatile active_ = nullptr;
  volatile uint64_t seq_ = 0;
  volatile uint64_t seen_seq_ = 0;  // the step that the next tick ends
  uint32_t idle_ticks_ = 0;
  volatile std::sig_atomic_t armed_ = 0;
  timer_t timer_{};
  bool valid_ = false;
};

}  // namespace wippy::lua
