// One run of the simulation: fibers, scheduler, clock, random streams, hashes. Implementation of sim.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/sim/fiber.hpp"
#include "runtime/sim/sim.hpp"
#include "scheduler/random.hpp"

namespace wippy::sim {

class Simulator {
 public:
  Simulator(uint64_t seed, Options options, std::function<int()> main);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  // Null outside a run.
  static Simulator* current() noexcept;

  Result run();

  // --- from the running fiber
  void look() noexcept;
  void yield() noexcept;
  void wait(WaitKind kind, const void* word, uint64_t deadline_ns) noexcept;
  void wake(WaitKind kind, const void* word, uint32_t count) noexcept;
  uint64_t spawn(const char* name, void (*entry)(void*), void* arg) noexcept;
  void join(uint64_t id) noexcept;
  uint64_t now_ns() const noexcept;
  uint64_t random() noexcept { return program_random_.next(); }
  void record(uint64_t pid, uint32_t kind, uint64_t from) noexcept;
  const Options& options() const noexcept { return options_; }

 private:
  static void enter_fiber();
  static void run_main(void* self);
  void draw_parameters(uint64_t seed) noexcept;
  void rearm() noexcept;
  void sync_clock() noexcept;
  void end_expired_waits() noexcept;
  Fiber* pick_ready(const Fiber* except) noexcept;
  Fiber* pick_or_jump() noexcept;
  bool stands_still() const noexcept;
  bool ask_operator() noexcept;
  void check_limits() noexcept;
  void leave_current() noexcept;
  void switch_to(Fiber& next) noexcept;
  [[noreturn]] void stop(Outcome outcome) noexcept;
  uint32_t free_slot() const noexcept;
  bool chance(uint32_t per_mille) noexcept { return per_mille != 0 && choice_.below(1000) < per_mille; }
  std::string failure_report() const;

  const uint64_t seed_;
  Options options_;
  std::function<int()> main_;
  Random choice_;          // the scheduler's
  Random program_random_;  // random_u64()

  uint32_t mean_points_ = 0;
  uint32_t step_ns_ = 0;
  uint32_t freeze_per_mille_ = 0;
  uint32_t spurious_per_mille_ = 0;

  std::vector<std::unique_ptr<Fiber>> fibers_;  // those not ended, in order of creation
  std::unique_ptr<Fiber> ended_;                // its stack is left, its memory may still be written by the switch
  Fiber outside_;                               // the OS thread's own stack
  Fiber* running_ = nullptr;
  uint64_t next_id_ = 0;

  uint64_t clock_ns_;         // as of the last look
  int64_t armed_points_ = 0;  // g_points_left at the last look
  Result result_;
};

}  // namespace wippy::sim
