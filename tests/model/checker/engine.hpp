// Internal to the checker: one execution's state and the scheduling of its threads. Suites include explorer.hpp.
#pragma once

#include <csetjmp>
#include <map>
#include <string>
#include <vector>

#include "model/checker/world.hpp"

namespace wippy::model {

// Address -> location, stamped so that starting an execution costs nothing.
struct Slot {
  const void* address = nullptr;
  uint32_t stamp = 0;
  int16_t location = -1;  // -1: constructed, not touched yet
  int16_t constructor_thread = 0;
  int16_t constructor_clock = 0;
};

struct Engine {
  static constexpr uint32_t kSlots = 1u << 15;
  static constexpr uint32_t kIdleSpins = 256;  // rounds that spinning threads get when nobody else can run

  // Execution.
  bool executing = false;
  int current = 0;
  int threads = 0;  // modelled threads, 1 … threads
  ModelThread thread[kMaxThreads];
  Fiber main_fiber;
  std::vector<Location> locations;
  int location_count = 0;
  std::vector<Slot> slots = std::vector<Slot>(kSlots);
  uint32_t stamp = 0;
  uint32_t slots_used = 0;
  View sc;
  uint32_t writes = 0;
  uint32_t steps = 0;
  int preemptions = 0;
  int early_returns = 0;
  int weak_failures = 0;
  uint32_t idle_spins = 0;
  uint64_t now_ns = 0;
  uint64_t clock_step_ns = 0;
  void* object = nullptr;
  void (*run)(void*, int) = nullptr;

  // Exploration.
  Options options;
  std::vector<Choice> choices;
  std::size_t position = 0;
  sigjmp_buf escape;
  bool failed = false;
  std::string why;
  uint64_t progress = 0;  // watched by the hang timer

  // Trace of a replay.
  bool tracing = false;
  std::vector<TraceLine> trace;
  std::map<const void*, std::string> names;

  void begin(int thread_count);
  Location& location(const void* a, uint64_t initial, int& index);
  Slot& slot(const void* a);

  void pause_point();  // before every visible operation of a modelled thread
  void reschedule(bool me_ready);
  void switch_to(int next);
  void deadlock();
  bool ready(int t) const noexcept;
  void start_threads();
  [[noreturn]] void thread_main();

  // Memory that the checker itself allocates during an execution is not the modelled program's.
  int own_allocations = 0;

  ModelThread& self() noexcept { return thread[current]; }
  void record(const char* verb, Site s, int location, uint64_t value, int newer);
};

Engine& engine() noexcept;

class [[nodiscard]] OwnAllocations {
 public:
  explicit OwnAllocations(Engine& e) : e_(e) { ++e_.own_allocations; }
  ~OwnAllocations() { --e_.own_allocations; }
  OwnAllocations(const OwnAllocations&) = delete;
  OwnAllocations& operator=(const OwnAllocations&) = delete;

 private:
  Engine& e_;
};

// checker/plain_memory.cpp: memory deleted in the last execution goes back to the system.
void free_deleted() noexcept;

}  // namespace wippy::model
