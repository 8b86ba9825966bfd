// NodeCore: the process layer of one runtime: block table, names, hosts, delivery. Everything else is built around it.
//
// Thread-safety: all functions from any thread that has a ThreadMemory (memory/slab.hpp), unless stated otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/signal.hpp"
#include "memory/block_table.hpp"
#include "memory/slab.hpp"
#include "runtime/observe/flight_ring.hpp"
#include "runtime/process/host_core.hpp"
#include "runtime/process/inspection.hpp"
#include "runtime/process/names.hpp"
#include "runtime/process/process.hpp"

namespace wippy {

class WorkerProcs;
class OverloadSink;
class ProcessDirectory;
struct MailStats;

enum class [[nodiscard]] Delivery : uint8_t{
    kDelivered,  // also when the mailbox's policy drops it: the sender is told "sent"
    kNoProcess,
    kFull,
};

class NodeCore {
 public:
  struct Config {
    uint32_t index_bits = kPidIndexBits;
    const PageBinder* binder = nullptr;
    std::string node_name;  // empty: PIDs have no node part
  };
  NodeCore(MemoryPools& pools, const Config& config);
  ~NodeCore();
  NodeCore(const NodeCore&) = delete;
  NodeCore& operator=(const NodeCore&) = delete;

  // --- assembly, one thread, before any host starts
  HostCore& add_host(std::string id);
  HostCore* find_host(std::string_view id) noexcept;
  HostCore* host_at(uint16_t index) noexcept { return index < hosts_.size() ? hosts_[index].get() : nullptr; }
  std::size_t host_count() const noexcept { return hosts_.size(); }
  void set_command_sink(CommandSink* sink) noexcept { command_sink_ = sink; }
  CommandSink* command_sink() noexcept { return command_sink_; }
  void set_overload_sink(OverloadSink* sink) noexcept { overload_sink_ = sink; }
  OverloadSink* overload_sink() noexcept { return overload_sink_; }
  // Who is told what asked processes answer; null: nobody asks. Before any host starts.
  void set_inspect_sink(InspectSink* sink) noexcept { inspect_sink_ = sink; }
  InspectSink* inspect_sink() noexcept { return inspect_sink_; }
  // Asks a process to tell of itself; the sink hears when it runs next. False: gone, or out of memory.
  bool ask(Pid pid) noexcept;
  // For spawns by entry id from native code; null: there are no entries.
  void set_directory(ProcessDirectory* directory) noexcept { directory_ = directory; }
  ProcessDirectory* directory() noexcept { return directory_; }
  // What `print` of a process means on its host; called on workers. Null: nothing is shown.
  using PrintLine = void (*)(Context& self, std::string_view line) noexcept;
  void set_print(PrintLine print) noexcept { print_ = print; }
  PrintLine print_line() noexcept { return print_; }

  // Actors and scopes, boundaries or strict mode are in force somewhere: checks have to look. Set for good. Relaxed: whoever
  // must see it got its frame, its host or its start after it was set (the run queue's release, or set_boundary's).
  bool guarded() const noexcept { return guarded_.load_relaxed() != 0; }
  void guard() noexcept {
    if (!guarded()) guarded_.store_relaxed(1);
  }
  // Checks of processes without actor or scope are denied. Before start.
  void set_strict(bool on) noexcept {
    strict_ = on;
    if (on) guard();
  }
  bool strict() const noexcept { return strict_; }

  // Denied checks by action; at most kMostActions of them, the rest together as "other".
  void count_denial(std::string_view action) noexcept;
  std::map<std::string, uint64_t, std::less<>> denials() const;

  BlockTable& blocks() noexcept { return blocks_; }
  MemoryPools& pools() noexcept { return pools_; }
  NameTable& names() noexcept { return names_; }
  FlightRings& flights() noexcept { return flights_; }

  // --- the only way from a pid to a process; the pointer lives as long as the caller's ReaderSection
  Process* find(Pid pid) noexcept {
    Process* const p = find_unbounded(pid);
    return __builtin_expect(p != nullptr, 1) ? p : find_bounded(pid);
  }
  bool alive(Pid pid) noexcept;

  // Pushes and, if needed, submits. False: no such process. The signal is gone in any case.
  bool deliver(Pid to, Signal* s) noexcept { return deliver_message(to, s, nullptr) != Delivery::kNoProcess; }
  // The same for a sender that wants to know. kFull with *may_block_ns set (not 0): the signal is still the caller's, which
  // may wait that long for room; without may_block_ns a blocking mailbox is full like any other.
  Delivery deliver_message(Pid to, Signal* s, uint64_t* may_block_ns) noexcept;
  // `waiter` gets a kTimer with id `timer` from `mailbox` as soon as there is room. False: no such process (or memory).
  bool wait_for_room(Pid mailbox, Pid waiter, uint64_t timer) noexcept;
  // False: gone, or not bounded.
  bool mail_stats(Pid pid, MailStats& stats) noexcept;
  // As deliver, and makes the target drain its queue first (LINK_DOWN).
  bool deliver_urgent(Pid to, Signal* s) noexcept;
  // terminate (Control::kKillTerminate) or deadline (kKillDeadline). False: no such process, or out of memory.
  bool kill(Pid target, uint32_t kill_bit) noexcept {
    return kill_with(target, kill_bit, make_bare_signal(SignalKind::kTerminate, Pid{}, 0)).ok();
  }
  // The same with the kTerminate that wakes the target, taken over; null: UNAVAILABLE, nothing is done.
  Status kill_with(Pid target, uint32_t kill_bit, Signal* s) noexcept;

  // --- text form: {host|0x0002f}, or {node@host|0x…} when the node has a name (spec/process.md §2)
  std::string format(Pid pid) const;
  // What format() wrote for a host of this node, not empty: one compare with the host's prefix. 0: it is something else, or of
  // another form.
  Pid parse_formatted(std::string_view text) const noexcept;
  // kInvalid: not of the form of a PID. A well-formed one with a wrong host gives pid 0 and ok.
  Status parse(std::string_view text, Pid& pid) const noexcept;
  static bool looks_like_pid(std::string_view text) noexcept {
    return text.size() >= 3 && text.front() == '{' && text.back() == '}' && text.find('|') != std::string_view::npos;
  }

  // --- ids for watches, links, timers, commands: unique in the node, from per-thread ranges
  uint64_t new_ref() noexcept;

  // Spawns from outside a worker (CLI, services). The caller has a ThreadMemory.
  SpawnResult spawn(MachineFactory& factory, const SpawnOptions& options, Pid watcher = Pid{});

  // For people, any thread, approximate while processes run. describe: "{app:processes|0x01001} Blocked(sleep)".
  // dump_line: "app:processes Ready=1 Running=2 Blocked=3(sleep:2 call:1) Idle=6(message:6) Complete=0" (complete ones are gone soon).
  std::string describe(Pid pid);
  std::string dump_line(uint16_t host_index);
  // Published pids of one host; a snapshot.
  std::vector<Pid> pids_of(uint16_t host_index);
  // For observers and tests; exact only while nobody runs.
  int64_t live_processes() const noexcept;
  // Processes of one host since it was made.
  HostTally tally(uint16_t host_index) const noexcept;

 private:
  friend class WorkerProcs;
  friend class Context;
  void submit(Process* p) noexcept;
  void wake_process(Pid pid) noexcept;
  Delivery deliver_bounded(Pid to, Signal* s, uint64_t* may_block_ns) noexcept;
  Process* find_as(Pid pid, uint64_t published) noexcept {
    char* const block = blocks_.of(pid.value);
    if (pid.value == 0 || Process::published_id(block) != published) return nullptr;
    return reinterpret_cast<Process*>(block);
  }
  Process* find_unbounded(Pid pid) noexcept { return find_as(pid, pid.value); }
  // No other process's id is the complement of one: its index would be another.
  Process* find_bounded(Pid pid) noexcept { return find_as(pid, ~pid.value); }

  MemoryPools& pools_;
  FlightRings flights_;
  BlockTable blocks_;
  NameTable names_;
  std::string node_name_;
  std::vector<std::unique_ptr<HostCore>> hosts_;
  CommandSink* command_sink_ = nullptr;
  OverloadSink* overload_sink_ = nullptr;
  InspectSink* inspect_sink_ = nullptr;
  ProcessDirectory* directory_ = nullptr;
  PrintLine print_ = nullptr;
  Atomic<uint32_t> guarded_{0};
  bool strict_ = false;
  static constexpr std::size_t kMostActions = 100;
  mutable Mutex denials_mutex_;
  std::map<std::string, uint64_t, std::less<>> denials_;
  Atomic<uint64_t> ref_ranges_{1};
  mutable Mutex workers_mutex_;
  std::vector<WorkerProcs*> workers_;
  int64_t departed_live_ = 0;
  Mutex outside_mutex_;
  std::unique_ptr<WorkerProcs> outside_;  // blocks and ids for spawns from threads that are no workers
};

// Inline: once per message.
inline Delivery NodeCore::deliver_message(Pid to, Signal* s, uint64_t* may_block_ns) noexcept {
  PushResult r = PushResult::kQueued;
  Process* p = nullptr;
  {
    ReaderSection section(this_memory().reader());
    p = find_unbounded(to);
    if (p != nullptr) r = p->head().push(s, s);
  }
  if (__builtin_expect(p == nullptr, 0)) return deliver_bounded(to, s, may_block_ns);
  if (r == PushResult::kMustSubmit) submit(p);
  return Delivery::kDelivered;
}

}  // namespace wippy
