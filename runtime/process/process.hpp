// Process: the one control block. 256 bytes: two lines of state and 128 bytes for a coroutine frame.
//
//   line 0  written by senders and submitters: queue link, mailbox head, control word; read by every send: pid
//   line 1  written by whoever runs the process: mailbox tail, machine, kept list, budget
//   frame   the coroutine's own; larger frames come from the slab
//   ext     cold: links, watchers, timers, names, frame context; made on first use (runtime/process/process_ext.hpp)
//
// Life: allocated -> (machine made) -> published -> RUNNING -> EXITING -> ZOMBIE -> grace passed, queue empty -> free.
//   RUNNING  the pid is found; the machine runs.
//   EXITING  the pid is erased and the machine closed; EXIT and LINK_DOWN signals go out in slices.
//   ZOMBIE   only answers what was pushed by senders that had found it before: WATCH, LINK. Its reason is kept for that.
// A zombie keeps the mailbox's tag protocol, so a late push reschedules it like any process (rulings.md S3).
//
// Wait reasons and the five states of the seed (Ready, Running, Blocked, Idle, Complete) are derived: see shown().
#pragma once

#include <cstddef>
#include <cstdint>

#include "mailbox/mailbox.hpp"
#include "mailbox/signal.hpp"
#include "memory/block_table.hpp"
#include "memory/cache_line.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/host_tally.hpp"
#include "runtime/process/machine.hpp"
#include "runtime/process/points.hpp"
#include "scheduler/runnable.hpp"

namespace wippy {

struct ProcessExt;
class Worker;
class HostCore;
class WorkerProcs;
class MailLimit;

// Control word: who wants what from the process, and whether it may still be had. All transitions:
//   any thread   set kUrgent            after pushing a LINK_DOWN: the owner drains its queue before it runs on
//   any thread   set one kill bit       if none is set and not kExiting: the first kill is the reason
//   any thread   set kNamed             if not kExiting: a name points here
//   any observer set kInspect           it is asked to tell of itself (runtime/process/inspection.hpp); before a wake-up signal
//   any sender   set kShed, kReport     a bounded mailbox is over its limit; after its push, or before a wake-up signal
//   owner        clear kUrgent, kShed, kReport, kInspect   before it acts on them
//   owner        set kExiting           once; what the word held then decides the reason (one exit, one reason)
// All are read-modify-writes of one word, acq_rel: each sees all earlier ones.
struct Control {
  static constexpr uint32_t kUrgent = 1;
  static constexpr uint32_t kKillTerminate = 2;
  static constexpr uint32_t kKillDeadline = 4;
  static constexpr uint32_t kNamed = 8;
  static constexpr uint32_t kExiting = 16;
  static constexpr uint32_t kKillOverload = 32;  // the mailbox's limit, kExitReceiver
  static constexpr uint32_t kShed = 64;
  static constexpr uint32_t kReport = 128;
  static constexpr uint32_t kInspect = 256;
  static constexpr uint32_t kKillMask = kKillTerminate | kKillDeadline | kKillOverload;
  static constexpr uint32_t kAttention =
      kKillMask | kUrgent | kShed | kReport | kInspect;  // looked at before each step
};

enum class KillResult : uint8_t { kKilled, kAlreadyDying };
enum class Admission : uint8_t { kAdmitted, kDropped, kFull, kMayWait };
// The five states of the seed's diagram, derived from the mailbox word and what the owner shows.
enum class ProcessState : uint8_t { kReady, kRunning, kBlocked, kIdle, kComplete };
const char* process_state_name(ProcessState s) noexcept;
const char* wait_reason_name(WaitReason w) noexcept;
enum class Phase : uint8_t { kNew, kRunning, kExiting, kZombie };

class alignas(kCacheLine) Process final : public Runnable, public Context {
 public:
  static constexpr std::size_t kFrameBytes = 128;
  static constexpr uint16_t kSignalBudget = 64;

  // --- any thread, inside a reader section (found by pid) or holding the right to submit
  MailboxHead& head() noexcept { return head_; }
  // The id published in a block; 0 also for a block that never held a process, hence static. Acquire: partner publish().
  static uint64_t published_id(const char* block) noexcept {
    return reinterpret_cast<const Atomic<uint64_t>*>(block + kPidOffset)->load_acquire();
  }
  uint16_t host_index() const noexcept { return host_index_; }
  uint16_t last_worker() const noexcept { return last_worker_.load_relaxed(); }
  KillResult kill(uint32_t kill_bit) noexcept;
  bool ask() noexcept;  // false: it ends
  void set_urgent() noexcept { control_.fetch_or_acq_rel(Control::kUrgent); }
  // Bounded processes only (published as the complement of their pid).
  MailLimit& mail_limit() noexcept { return *mail_limit_; }
  bool bounded() const noexcept { return mail_limit_ != nullptr; }
  Admission admit_message(Signal& s, bool sender_may_wait, bool& wake) noexcept;
  bool mark_named() noexcept { return (control_.fetch_or_acq_rel(Control::kNamed) & Control::kExiting) == 0; }

  // --- the creator, before publication
  void set_first_identity(uint32_t index) noexcept { identity_ = make_pid(1, index).value; }
  void prepare(uint16_t host_index, uint16_t worker) noexcept;
  void publish() noexcept {
    pid_word().store_release(mail_limit_ == nullptr ? identity_ : ~identity_);
  }                                            // published_id()
  bool set_mail_limit(MailLimit* m) noexcept;  // takes it over; false: memory is refused (or was, m null)
  Pid identity() const noexcept { return Pid{identity_}; }
  void set_machine(Machine* m) noexcept { machine_ = m; }
  void* native_storage() noexcept { return native_; }
  char* frame_storage() noexcept { return frame_; }
  void offer_frame() noexcept { frame_offered_ = true; }  // to make_ext()
  ProcessExt* make_ext() noexcept;                        // null: out of memory
  ProcessExt* ext_or_null() noexcept { return ext_; }

  // --- the worker
  Outcome run(Worker& worker) noexcept override;

  // --- the retirer, after the grace period: true when the block may be reused
  bool quiet() noexcept { return head_.idle_acquire(); }
  void dispose() noexcept;
  GraceNode* grace_node() noexcept { return &grace_; }
  static Process* from_grace(GraceNode* n) noexcept {
    return reinterpret_cast<Process*>(reinterpret_cast<char*>(n) - kGraceOffset);
  }
  static Process* from_frame(void* frame) noexcept {
    return reinterpret_cast<Process*>(static_cast<char*>(frame) - (sizeof(Process) - kFrameBytes));
  }
  Process* next_free() noexcept { return static_cast<Process*>(queue_next); }
  void set_next_free(Process* p) noexcept { queue_next = p; }
  // False when the block's 40 bits of generation are used up: it is never handed out again.
  bool has_generation() const noexcept { return (identity_ >> kPidIndexBits) < kPidLastGeneration; }
  void set_generation_for_test(uint64_t g) noexcept { identity_ = make_pid(g, pid_index(Pid{identity_})).value; }

  Phase phase() const noexcept { return phase_; }
  // --- observers, any thread: a snapshot that may be a moment old
  struct Shown {
    ProcessState state;
    WaitReason wait;
  };
  Shown shown() const noexcept;

 private:
  friend class Context;
  friend struct LinkRules;
  friend struct HotPath;

  Atomic<uint64_t>& pid_word() noexcept { return *reinterpret_cast<Atomic<uint64_t>*>(pid_); }
  static constexpr uint8_t kShownRunning = 0x80;
  void show(WaitReason r, bool running) noexcept {
    shown_.store_relaxed(static_cast<uint8_t>(static_cast<uint8_t>(r) | (running ? kShownRunning : 0)));
  }
  void stop_showing_running() noexcept { shown_.store_relaxed(shown_.load_relaxed() & uint8_t{0x7f}); }
  static constexpr std::size_t kPidOffset = 32, kGraceOffset = 80;  // checked in process.cpp
  static void check_offsets() noexcept;
  Outcome run_live() noexcept;
  Outcome rest() noexcept;
  Outcome rest_on_stub() noexcept;
  // upgrade.cpp
  Verdict change_machine() noexcept;
  void end_requests(ProcessExt& x) noexcept;
  void forget_answers() noexcept;
  Outcome come_back() noexcept;
  Signal* settle(const MailboxTail::Popped& popped) noexcept;
  Signal* pop_raw() noexcept;
  // Applies what is meant for the process itself; returns the signal when it is meant for the machine, null when consumed.
  Signal* admit(Signal* s) noexcept {
    points::taken(identity_, *s, s->kind);
    return s->kind == SignalKind::kMessage ? s : admit_other(s);
  }
  Signal* admit_other(Signal* s) noexcept;
  static bool is_answer(const Signal& s) noexcept;
  void keep(Signal* s) noexcept;
  Signal* take_kept(SignalKind kind, uint64_t ref) noexcept;
  void forget_kept(const Signal* s) noexcept;
  void stall(Signal* s) noexcept;
  void unstall() noexcept;
  bool retry_stalled() noexcept;
  bool settle_queue() noexcept;
  [[nodiscard]] bool drain_all() noexcept;
  void handle_urgent() noexcept;
  bool step_exit_walk(ProcessExt& x, uint32_t& left) noexcept;
  bool answer_latecomer(const Signal& s) noexcept;
  const ExitReason& reason() const noexcept;
  void set_reason(ExitReason reason) noexcept;
  void drop_ext() noexcept;
  bool attend(uint32_t control) noexcept;
  void answer_observer() noexcept;  // inspect.cpp
  void release_parts(Signal* s) noexcept;
  void release_gauged(uint64_t bytes) noexcept;
  // mail_limit.cpp
  bool ask_owner(uint32_t bit) noexcept;
  void shed() noexcept;
  void report_overload() noexcept;
  void close_mail_limit() noexcept;
  Outcome begin_exit() noexcept;
  AbnormalExit abnormal_kind(uint32_t control) const noexcept;
  void leave_names_and_timers(uint32_t control) noexcept;
  void drop_kept() noexcept;
  bool tell_peers(ProcessExt& x) noexcept;
  Outcome continue_exit() noexcept;
  Outcome run_zombie() noexcept;
  void drop_signal(Signal* s) noexcept;

  // line 0 (Runnable: vtable, queue_next)
  MailboxHead head_;
  // The published id; 0: not found. Writers: creator, exit. Raw bytes, because observers may read a block while it is
  // constructed for the first time: fresh blocks are zero, and no constructor may write here.
  alignas(Atomic<uint64_t>) unsigned char pid_[sizeof(Atomic<uint64_t>)];
  Atomic<uint32_t> control_{0};  // see Control
  // A hint, relaxed: any worker of the host is right. Set before publication, then by whoever runs the process.
  Atomic<uint16_t> last_worker_{0};
  uint16_t host_index_ = 0;
  uint64_t identity_ = 0;            // own pid; survives exit, carries the generation
  MailLimit* mail_limit_ = nullptr;  // null: unbounded; constant while published

  // line 1
  alignas(kCacheLine) MailboxTail tail_;
  Machine* machine_ = nullptr;
  union {
    alignas(8) char native_[16] = {};  // runtime/process/coroutine.hpp puts its machine here
    GraceNode grace_;                  // after the machine is closed
  };
  ProcessExt* ext_ = nullptr;
  Signal* kept_first_ = nullptr;
  Signal* kept_last_ = nullptr;
  uint16_t budget_ = 0;
  Phase phase_ = Phase::kNew;
  // WaitReason | kShownRunning, relaxed: for people, used by itself. Its writers are ordered by the run queues; an observer
  // may mix two moments (running, and an idle head) and decides nothing by it.
  Atomic<uint8_t> shown_{0};
  bool trap_links_ = false;
  bool ending_ = false;          // a kill was seen or a link failed: the machine is not stepped again
  bool finished_ : 1 = false;    // finish() was called
  bool frame_used_ : 1 = false;  // frame_ holds a coroutine frame or the ext
  bool frame_offered_ : 1 = false;
  // Memory for the table entry that a LINK or WATCH asks for is refused. The signal stands in front of the kept list and
  // nothing behind it is taken; the process stays runnable and tries again each turn.
  bool stalled_ : 1 = false;
  bool reason_lost_ : 1 = false;  // memory for the exit reason was refused
  // The kept list may hold answers (timers, completions): only then is it walked for one.
  bool kept_answers_ : 1 = false;
  uint8_t gap_count_ = 0;

  // the third and fourth line
  alignas(kCacheLine) char frame_[kFrameBytes];
};
static_assert(sizeof(Process) == BlockTable::kBlockBytes);

// Inline: once per process.
inline void Process::prepare(uint16_t host_index, uint16_t worker) noexcept {
  head_.reset();
  tail_.reset(head_);
  control_.store_relaxed(0);
  last_worker_.store_relaxed(worker);
  host_index_ = host_index;
  mail_limit_ = nullptr;
  machine_ = nullptr;
  ext_ = nullptr;
  kept_first_ = kept_last_ = nullptr;
  budget_ = 0;
  phase_ = Phase::kNew;
  show(WaitReason::kStart, false);
  trap_links_ = ending_ = finished_ = frame_used_ = frame_offered_ = stalled_ = reason_lost_ = kept_answers_ = false;
  gap_count_ = 0;
}

inline void Process::dispose() noexcept {
  MailNode* dummy = tail_.dummy();
  if (dummy != head_.stub()) slab_free(dummy, static_cast<Signal*>(dummy)->slab_class);
  if (ext_ != nullptr) drop_ext();
  identity_ += uint64_t{1} << kPidIndexBits;
}

// Lets go of the former dummy; returns the new one, null when that is the stub, which rest() puts there.
inline Signal* Process::settle(const MailboxTail::Popped& popped) noexcept {
  if (popped.released != head_.stub()) {
    auto* old = static_cast<Signal*>(popped.released);
    old->flags &= static_cast<uint16_t>(~Signal::kIsDummy);
    if ((old->flags & Signal::kHeld) == 0) slab_free(old, old->slab_class);
  }
  if (popped.node == head_.stub()) return nullptr;
  auto* s = static_cast<Signal*>(popped.node);
  s->flags |= Signal::kIsDummy | Signal::kHeld;
  return s;
}

inline Signal* Process::pop_raw() noexcept {
  for (;;) {
    const MailboxTail::Popped popped = tail_.pop();
    if (popped.node == nullptr) return nullptr;
    if (Signal* s = settle(popped)) return s;
  }
}

inline void Process::drop_signal(Signal* s) noexcept {
  if ((s->flags & (Signal::kExternal | Signal::kGauged)) != 0) release_parts(s);
  s->flags &= static_cast<uint16_t>(~Signal::kHeld);
  if ((s->flags & Signal::kIsDummy) == 0) slab_free(s, s->slab_class);
}

}  // namespace wippy
