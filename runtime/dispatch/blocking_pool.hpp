// The blocking pool: where commands run that would block an OS thread (files, name look-ups, terminal lines).
// One per runtime: 8 threads, started with the first command. Bounded: at most kQueue commands wait, at most half of them
// for one host; beyond that submit() refuses. Completion is a kCompletion signal to the caller's *pid*, so a dead caller
// is not an error and no pool thread ever holds a Process.
//
// Thread-safety: submit from any thread with a ThreadMemory. One mutex; nothing here is on a message path.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "memory/mutex.hpp"
#include "runtime/process/context.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/thread.hpp"

namespace wippy {

class NodeCore;

class BlockingPool final : public CommandSink {
 public:
  static constexpr uint32_t kThreads = 8;
  static constexpr uint32_t kQueue = 1024;

  explicit BlockingPool(NodeCore& node, uint32_t threads = kThreads);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  bool submit(const Command& c) noexcept override;
  // Starts every thread that has not been needed yet, as far as the system lets it: for who is about to limit memory.
  void start_all() noexcept;
  // Runs what is queued, then joins. Later submits are refused.
  void stop() noexcept;

 private:
  struct Seat {
    BlockingPool* pool = nullptr;
    Parker parker;
    Thread thread;
    bool idle = false;
  };
  static void thread_main(void* seat);
  void work(Seat& seat) noexcept;
  bool take(Seat& seat, Command& c) noexcept;
  void run(const Command& c) noexcept;

  NodeCore& node_;
  Mutex mutex_;  // guards everything below
  std::deque<Command> queue_;
  std::map<uint16_t, uint32_t> queued_of_host_;
  std::vector<std::unique_ptr<Seat>> seats_;
  uint32_t started_ = 0;
  bool stopping_ = false;
};

}  // namespace wippy
