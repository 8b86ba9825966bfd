// Context: everything code inside a process may do. Every engine programs against this and nothing below it.
//
// A Context is the process itself, seen from inside (Process derives from it; no data of its own). All calls come from the
// worker that runs the process, inside Machine::init/step/close, and return at once: what cannot finish now is answered by
// a Signal (timer, completion).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "mailbox/signal.hpp"
#include "memory/arena.hpp"
#include "runtime/process/exit_reason.hpp"
#include "runtime/process/machine.hpp"

namespace wippy {

class Process;
class HostCore;
class NodeCore;

// Blocking work on its way to the pool (runtime/dispatch/blocking_pool.hpp). Plain pointers: `arg` belongs to the command
// until `dispose(arg)` is called, exactly once, on a pool thread or by whoever drops the command.
struct Command {
  Pid caller;
  uint64_t ref = 0;
  uint16_t host_index = 0;
  std::string (*work)(void* arg) = nullptr;
  void* arg = nullptr;
  void (*dispose)(void* arg) = nullptr;
  uint32_t upgrades = 0;  // the caller's, when it asked: the answer is for that machine only
};
class CommandSink {
 public:
  // False: refused, nothing was taken over. Any thread.
  virtual bool submit(const Command& c) noexcept = 0;

 protected:
  ~CommandSink() = default;
};

// Makes the machine of a new process before it is published. Runs on the spawner's thread; `child` is not visible to
// anybody yet. On failure the block is given back and the status returned from spawn.
// A rich error may be left in `error_text`.
class MachineFactory {
 public:
  // Its machines never have a coroutine frame: the block's place for one may hold something else.
  const bool leaves_frame;
  // HostCore::memory_limit of the child's host, set by whoever spawns; without it (an upgrade) the child knows its host.
  static constexpr std::size_t kAskChild = SIZE_MAX;
  std::size_t host_memory_limit = kAskChild;
  // Must not spawn under a name: it may run while the name of its own child is reserved.
  virtual Status create(Context& child, Machine*& machine, std::string& error_text) = 0;

 protected:
  explicit MachineFactory(bool without_frame = false) noexcept : leaves_frame(without_frame) {}
  ~MachineFactory() = default;
};

// Makes the next machine of a process that upgrades (docs/internals/upgrade.md). The process owns it: asked once, on the
// process's own worker, after the old machine is closed; destroyed at the end of that, or unasked with the process.
class Successor : public MachineFactory {
 public:
  virtual ~Successor() = default;
  const std::string entry_id;  // shown to people when the machine says none

 protected:
  explicit Successor(std::string_view entry) : entry_id(entry) {}
};

// What belongs to the frame, not to the machine: shared by parent and children, immutable (frame_context.hpp).
class FrameContext;
using FramePtr = std::shared_ptr<const FrameContext>;

struct MailLimits;

// A send to a mailbox that is full and lets senders wait. Owner: the sender; a wait that is given up ends with abandon_send.
struct SendWait {
  Signal* signal = nullptr;
  uint64_t deadline_ns = 0;
  uint64_t timer = 0;  // not 0: not sent yet
};

// What few children get. Borrowed during the call.
struct SpawnExtras {
  // Registered for the child before it runs; lookup finds it as soon as spawn has returned. Empty: none. When a live process
  // has the name, nothing is started: that process gets the messages (SpawnResult::signalled). Of any number of spawns and
  // registrations that race for a free name one wins; the others wait for it while its machine is made.
  std::string_view name;
  // Message bodies (mailbox/values.hpp). They have no sender and are in the child's mailbox ahead of all others; the limits of
  // that mailbox hold for them.
  std::span<const std::string_view> messages;
};

struct SpawnOptions {
  HostCore* host = nullptr;          // null: the spawner's
  const MailLimits* mail = nullptr;  // null: the host's; borrowed during the call
  bool monitor = false;
  bool link = false;
  bool private_watch = false;  // the watch is not a `monitor`: exec uses it (its kExit goes to the ref only)
  std::string_view entry_id;   // of a machine that has none of its own: shown to people; copied
  FramePtr frame;              // null: the spawner's
  const SpawnExtras* extras = nullptr;
};

struct SpawnResult {
  Status status;
  Pid pid;                 // refused with CONFLICT by a terminal host: the process that runs on it
  bool signalled = false;  // pid is the owner of SpawnExtras::name: no child, hence no monitor and no link
  uint64_t watch_ref = 0;
  std::string error_text;  // more than status.message, when not empty
};

class Context {
 public:
  // --- identity
  Pid pid() const noexcept;
  NodeCore& node() noexcept;
  HostCore& host() noexcept;
  std::string_view entry_id() noexcept;  // what it was given, else what its machine says; valid within the step
  void set_entry_id(std::string_view id);

  // --- signals. next_signal: the next one meant for the machine (kMessage, kExit, kLinkDown, kCancel, kTimer, kCompletion)
  // in arrival order; null: none now. Everything else is handled inside. The caller owns it and calls release().
  // An untrapped LINK_DOWN or a kill never gets out: the process is then ending, and next_signal gives null.
  Signal* next_signal() noexcept;
  // charge(1) and next_signal in one call; null also when the budget is spent.
  Signal* take_signal() noexcept;
  void release(Signal* s) noexcept;
  // For a machine that waits for one answer only: the signal with that kind and ref, also one kept earlier; what else comes
  // is kept for next_signal. Each signal is looked at once for a ref, not once per call. Null: the machine waits.
  Signal* next_matching(SignalKind kind, uint64_t ref) noexcept;
  // True once the process must end (kill, link failure): the machine returns kDone at its next opportunity.
  bool ending() const noexcept;
  // A kill is pending (any thread may have set it); one relaxed load.
  bool killed() const noexcept;

  // --- budget: one per step, shared by all engines. False: stop and return kMore.
  bool charge(uint32_t n = 1) noexcept;
  bool budget_left() const noexcept;
  void set_wait(WaitReason r) noexcept;

  // --- messages. body: mailbox/values.hpp message body. NOT_FOUND when the target is gone.
  Status send(Pid to, const void* body, std::size_t bytes) noexcept;
  Status send_signal(Pid to, Signal* s) noexcept;  // takes it
  // The same as send for a sender that can wait. While w.timer is not 0 afterwards, the message is not sent: a kTimer with that id
  // comes when there is room or the wait is over; then call send_again. The message is the one of the first call.
  Status send_or_wait(Pid to, const void* body, std::size_t bytes, SendWait& w) noexcept;
  Status send_again(Pid to, SendWait& w) noexcept;
  void abandon_send(SendWait& w) noexcept;
  // from = no sender
  Status send_anonymous(Pid to, const void* body, std::size_t bytes) noexcept;

  // --- life
  SpawnResult spawn(MachineFactory& factory, const SpawnOptions& options);
  void finish(ExitReason reason) noexcept;  // the machine then returns kDone; the first call counts
  Status terminate(Pid target) noexcept;
  // deadline_ns: duration from now; 0: none. The kill is enforced by the runtime.
  Status cancel(Pid target, uint64_t deadline_ns) noexcept;

  // --- links and monitors (spec/process.md §1.7-1.8)
  Status monitor(Pid target) noexcept;
  Status unmonitor(Pid target) noexcept;
  Status link(Pid target) noexcept;
  Status unlink(Pid target) noexcept;
  bool trap_links() const noexcept;
  void set_trap_links(bool on) noexcept;
  // A watch that is no monitor: its kExit carries `ref`. For exec.
  Status watch(Pid target, uint64_t& ref) noexcept;
  Status unwatch(Pid target, uint64_t ref) noexcept;

  // --- names. register_name: NameTable::add; a name that a spawn has reserved is waited for, a moment.
  Status register_name(std::string_view name, Pid owner);
  Pid lookup_name(std::string_view name);
  bool unregister_name(std::string_view name);

  // --- time. The timer's kTimer signal carries the returned id; never early. 0: out of memory.
  uint64_t start_timer(uint64_t delay_ns) noexcept;
  // After this no kTimer with that id comes out of next_signal. 0: nothing.
  void stop_timer(uint64_t id) noexcept;

  // --- blocking work: runs `work` on the blocking pool; the answer is a kCompletion with the returned id.
  // work returns an encoded message body; it must not touch the process. UNAVAILABLE when the pool's queue is full (0: refused, arg stays the caller's).
  uint64_t call(std::string (*work)(void* arg), void* arg, void (*dispose)(void* arg)) noexcept;

  // --- memory that dies with the process. The arena is created on first use. Null: out of memory.
  Arena* arena() noexcept;

  // What was inherited; null: nothing.
  const FramePtr& frame();
  // A context value, encoded (mailbox/values.hpp); empty: there is none. Valid while the process lives.
  std::string_view context_value(std::string_view key);

  // --- upgrade (docs/internals/upgrade.md): after this step the machine is closed and `next` makes the one that goes on.
  // Kept: pid, names, links, monitors, unread mail and events in order, options, frame, arena, pending kills. Ended: timers, calls
  // and private watches. When `next` fails, the process does: "upgrade: why". What finished the process before, or kills it
  // meanwhile, wins. Once more in the same step: the last one counts. False: out of memory, which has finished the process.
  [[nodiscard]] bool replace_machine(std::unique_ptr<Successor> next) noexcept;
  // How many there were; modulo 2^32.
  uint32_t upgrades() const noexcept;
  // Gives a signal taken by next_signal back, in front of everything not yet taken.
  void unread(Signal* s) noexcept;

 protected:
  Context() = default;
  ~Context() = default;

 private:
  Status watch_as(Pid target, bool monitor, uint64_t& ref) noexcept;
  Process& self() noexcept;
  const Process& self() const noexcept;
};

}  // namespace wippy
