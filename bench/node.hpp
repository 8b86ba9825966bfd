// Runtimes for scenarios. They live for the whole run, as a product's would, so that memory is warm after the round that
// is not counted; between scenarios their workers are parked.
//
//   pair   two hosts of one worker each, on different cores: one-worker scenarios run on the second, cross-core ones on both
//   team   one host of two workers that steal from each other
//   crowd  as team, of 16 workers: on a smaller machine most of them are in reserve
//   timers as pair, for timers that fire: a million of them freed in random order leave the free lists in random order, and
//          everything after that would be measured on memory the prefetcher cannot guess
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/harness.hpp"
#include "memory/slab.hpp"
#include "runtime/process/coroutine.hpp"
#include "runtime/runtime.hpp"
#include "scheduler/parker.hpp"

namespace wippy::bench {

// Called by Job::begin (true) and Job::end (false), where these are called; null: nobody. For bench/gate.
void observe_jobs(void (*observer)(bool begins));
// Of all hosts of all nodes that live.
CounterTotals totals_of_nodes();

// What a scenario's processes and the waiting main thread share. begin and end: once each, on workers; the CPU time counts
// when both are called by the same thread.
class Job {
 public:
  void begin() noexcept;
  void end() noexcept;
  void fail(std::string why) {  // any process; the last one is shown
    error_ = std::move(why);
    end();
  }
  // False: not within two minutes.
  bool wait() noexcept;
  Measured result() const;

  uint64_t begin_ns() const noexcept { return begin_ns_; }
  uint64_t end_ns() const noexcept { return end_ns_; }

 private:
  uint64_t begin_ns_ = 0;
  uint64_t end_ns_ = 0;
  uint64_t begin_cpu_ns_ = 0;
  uint64_t end_cpu_ns_ = 0;
  const void* begin_worker_ = nullptr;
  const void* end_worker_ = nullptr;
  std::string error_;
  Atomic<uint32_t> finished_{0};
  Parker parker_;
};

class BenchNode {
 public:
  // One host per entry, with that many workers.
  BenchNode(const char* name, const std::vector<uint32_t>& hosts);
  ~BenchNode();
  BenchNode(const BenchNode&) = delete;
  BenchNode& operator=(const BenchNode&) = delete;

  Runtime& runtime() noexcept { return runtime_; }
  HostCore& host(std::size_t i) noexcept { return hosts_[i]->core(); }

  // Spawns fn(Context&, Job*, args...) on a host, waits for Job::end, then until every process is gone. A registered case
  // calls this from the main thread.
  template <class F, class... Args>
  Measured run(std::size_t host_index, F fn, Args... args) {
    ThreadMemory scope(runtime_.pools(), NodeId{0}, ReaderKind::kOutside);
    Job job;
    SpawnOptions o;
    o.host = &host(host_index);
    const SpawnResult r = spawn_native(runtime_.node(), o, fn, &job, args...);
    if (!r.status.ok()) return Measured::wrong(r.status.message);
    if (!job.wait()) give_up(host_index);
    if (!clear()) return Measured::wrong("processes are left");
    return job.result();
  }
  // Ends every process; false when one stays. The caller has a ThreadMemory.
  bool clear();

 private:
  friend CounterTotals totals_of_nodes();
  // A scenario that does not end still uses what its caller owns: says so and ends the program.
  [[noreturn]] void give_up(std::size_t host_index);

  Runtime runtime_;
  std::vector<ProcessHost*> hosts_;
};

// One for main(); scenarios reach it through nodes().
class Nodes {
 public:
  Nodes();
  ~Nodes();
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  BenchNode& pair();
  BenchNode& team();
  BenchNode& timers();
  BenchNode& crowd();

 private:
  std::unique_ptr<BenchNode> pair_;
  std::unique_ptr<BenchNode> team_;
  std::unique_ptr<BenchNode> timers_;
  std::unique_ptr<BenchNode> crowd_;
};
Nodes& nodes();

inline constexpr std::size_t kFirstHost = 0;
inline constexpr std::size_t kSecondHost = 1;

}  // namespace wippy::bench
