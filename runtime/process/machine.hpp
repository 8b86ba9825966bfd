// Machine: Init / Step / Close, the only thing an engine (coroutine, Lua, WASM) has to be.
//
// One indirect call per step, none per message. A machine is created by its factory *before* its process is published
// (compile and load errors then come back from spawn, rulings.md S10); init() is the first thing on the process's own
// first turn. All three run on the worker that holds the process; never two at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "mailbox/pid.hpp"
#include "memory/status.hpp"

namespace wippy {

class Context;
struct Inspection;
struct Signal;

enum class [[nodiscard]] Verdict : uint8_t{
    kWait,   // nothing to do until another signal comes; the reason was told by Context::set_wait
    kMore,   // the budget is spent, there is more to do: the process goes to the FIFO end
    kSpent,  // likewise, after a whole time slice: those that had to wait for it go first
    kDone,   // finished: Context::finish was called
};

// Why a process is not running, as shown by dumps. Blocked: waits for one answer; Idle: waits for any message.
enum class WaitReason : uint8_t { kNone, kMessage, kSleep, kCall, kExec, kChannel, kStart, kRoom };

// Without whose act nothing goes on: the child of an exec, the owner of the mailbox that has no room. Pid 0: several things could
// end the wait, or nobody knows. A wait keeps its ref, another one has another.
struct WaitTarget {
  Pid pid;
  uint64_t ref = 0;
};

class Machine {
 public:
  virtual Verdict init(Context& self) noexcept = 0;
  // Takes signals by Context::next_signal. Never blocks the thread, never throws.
  virtual Verdict step(Context& self) noexcept = 0;
  // Frees everything the machine owns, including itself. killed: no code of the process may run any more.
  virtual void close(Context& self, bool killed) noexcept = 0;
  // The entry it runs, for people; empty: unknown.
  virtual std::string_view entry_id() const noexcept { return {}; }
  // For bounded mailboxes, when a machine takes messages off Context before it handles them: drops the oldest of those it
  // holds (false: it holds none), and shows them all. Between two steps.
  virtual bool drop_oldest_message(Context&) noexcept { return false; }
  virtual void each_message(Context&, void (*)(void* arg, const Signal&), void*) noexcept {}

  // Adds what it knows: memory, what it waits for, the messages it holds. Between two steps.
  virtual void inspect(Context&, Inspection&) noexcept {}

 protected:
  Machine() = default;
  ~Machine() = default;
};

}  // namespace wippy
