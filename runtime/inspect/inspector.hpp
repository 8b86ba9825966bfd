// Inspector: what every process of a node is doing, asked for by threads that may wait (ps, top, dump, metrics).
//
// A round scans the table of processes, asks each to tell of itself (NodeCore::ask) and gathers what comes within a limit. Cost:
// an asked process runs one short step; at most kWindow of them are asked ahead of their answers, so that a message never waits
// behind more than those. Who does not answer in time, being in a long step, has a row with what its block shows.
//
// Thread-safety: collect, begin and end from any registered thread (ThreadMemory), one round at a time; answer() from workers.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "memory/mutex.hpp"
#include "runtime/process/inspection.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"

namespace wippy {

struct ProcessRow {
  Pid pid;
  uint16_t host_index = 0;
  ProcessState state = ProcessState::kReady;
  WaitReason wait = WaitReason::kNone;
  // What follows is known of those that answered.
  bool answered = false;
  std::string entry;
  WaitTarget waits_for;
  uint32_t messages = 0;
  bool more_messages = false;  // than are counted
  uint64_t oldest_ns =
      0;  // the oldest unread message is at least that old: time since a round first saw it as the oldest
  std::size_t memory_bytes = 0;
  uint32_t links = 0, monitors = 0, watchers = 0;
  bool named = false, oldest_is_old = false;  // for the inspector
  std::vector<std::string> names;
};

struct Snapshot {
  uint64_t taken_ns = 0;  // monotonic
  uint64_t took_ns = 0;
  uint32_t unanswered = 0;
  std::vector<ProcessRow> rows;  // by host, then by place in the table
};

class Inspector final : public InspectSink {
 public:
  static constexpr uint32_t kWindow = 1'000;
  static constexpr uint16_t kAllHosts = 0xffff;
  static constexpr uint64_t kLimitNs = 200'000'000;

  // The node's sink from here on; outlives its hosts' workers.
  explicit Inspector(NodeCore& node) : node_(node) { node.set_inspect_sink(this); }
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  // Waits for answers, at most that long after the last question. `out` may be an earlier one, whose memory is used again.
  void collect(Snapshot& out, uint16_t host_index = kAllHosts, uint64_t limit_ns = kLimitNs);
  Snapshot collect(uint16_t host_index = kAllHosts, uint64_t limit_ns = kLimitNs) {
    Snapshot out;
    collect(out, host_index, limit_ns);
    return out;
  }

  // The same in parts, for who must not wait: begin() asks everybody, later end() takes what has come. `out` is the same for both.
  void begin(Snapshot& out, uint16_t host_index = kAllHosts);
  void end(Snapshot& out);

  void answer(const Inspection& inspection) noexcept override;
  void ended() noexcept override { answered_.fetch_add_relaxed(1); }

 private:
  static constexpr std::size_t kShards = 8;
  void start_round(Snapshot& out, uint16_t host_index);
  bool ask_next();
  bool wait_for_answers(uint32_t outstanding, uint64_t deadline_ns);
  void ask_again();
  void finish_round();
  // With all shards: nobody answers into rows_ meanwhile.
  void lock_shards() noexcept;
  void unlock_shards() noexcept;

  NodeCore& node_;
  Mutex
      round_mutex_;  // collect, or begin to end; guards next_, begun_ns_ and what rows_ points to between the questions
  Snapshot* round_ = nullptr;
  std::size_t next_ = 0;
  uint64_t begun_ns_ = 0;
  // pid -> when a round first saw the message that still is its oldest; of the last round's rows
  std::unordered_map<uint64_t, uint64_t> oldest_since_ns_;
  // A process answers into its row under the mutex of its shard (its place in the table, modulo); what follows changes under all.
  std::array<Mutex, kShards> shards_;
  std::vector<ProcessRow>* rows_ = nullptr;  // null: no round is open
  std::vector<uint32_t> row_of_;             // place in the table -> row + 1, 0: it was not asked
  Atomic<uint32_t> answered_{0};             // a count; what it counts lies behind the shards' mutexes
};

}  // namespace wippy
