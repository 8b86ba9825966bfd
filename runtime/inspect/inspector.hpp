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

  // Waits for answers, at most that long after the last question.
  Snapshot collect(uint16_t host_index = kAllHosts, uint64_t limit_ns = kLimitNs);

  // The same in parts, for who must not wait: begin() asks everybody, later end() takes what has come.
  void begin(uint16_t host_index = kAllHosts);
  Snapshot end();

  void answer(const Inspection& inspection) noexcept override;
  void ended() noexcept override { answered_.fetch_add_relaxed(1); }

 private:
  struct Answer {
    Inspection told;
    std::string entry;
  };
  struct Shard {
    Mutex mutex;
    std::vector<Answer> answers;
  };
  static constexpr std::size_t kShards = 8;
  void start_round(uint16_t host_index);
  bool ask_next();
  bool wait_for_answers(uint32_t outstanding, uint64_t deadline_ns);
  void ask_again();
  Snapshot finish_round();
  std::vector<Answer> take_answers();

  NodeCore& node_;
  Mutex round_mutex_;  // collect, or begin to end; guards what follows
  std::vector<ProcessRow> asked_;
  std::size_t next_ = 0;
  uint64_t begun_ns_ = 0;
  // pid -> when a round first saw the message that still is its oldest; of the last round's rows
  std::unordered_map<uint64_t, uint64_t> oldest_since_ns_;
  std::array<Shard, kShards> shards_;
  Atomic<uint32_t> answered_{0};  // a count; what it counts lies behind the shards' mutexes
};

}  // namespace wippy
