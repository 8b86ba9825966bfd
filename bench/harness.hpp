// The benchmark harness: Google Benchmark runs and times, this decides the order, checks the answers and reports.
//
// A case does a fixed amount of work and checks its answer; a wrong answer fails the run. All cases of a run and the
// calibrators take turns, one repetition each per round (never all repetitions of one case in a row), after one round that
// is not counted. Reported is the median [min-max] over the rounds, in ns per operation and as multiples of calibrators
// measured in the same rounds.
//
// Cases register themselves before main() (MicroCase, ScenarioCase); nothing here is thread-safe.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wippy::bench {

// What a scenario hands back: its own timing, since it starts on one thread and ends on another.
struct Measured {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;  // of the worker that ran it, or of the whole process; 0: not measured
  double bytes = 0;     // memory cases: the value reported instead of time, per operation
  std::string error;    // not empty: the answer was wrong

  static Measured wrong(std::string why) {
    Measured m;
    m.error = std::move(why);
    return m;
  }
};

// kTime: wall ns per operation. kCpu: CPU ns per operation (cases that wait). kBytes: bytes per operation.
enum class Metric : uint8_t { kTime, kCpu, kBytes };

struct Case {
  std::string name;                      // "scenario/ping_pong_w1"
  std::string operation;                 // what one operation is
  std::vector<std::string> calibrators;  // names without "calibrator/"; what the time is a multiple of
  uint64_t ops = 0;                      // of a full run
  uint64_t smoke_ops = 0;
  Metric metric = Metric::kTime;
  uint32_t min_cpus = 1;                         // left out on smaller machines
  std::function<void(benchmark::State&)> micro;  // a loop over the state; SkipWithError when the answer is wrong
  std::function<Measured(uint64_t ops)> scenario;
};

std::vector<Case>& all_cases();

// One operation per iteration of the state. Runs on the calling thread, pinned to the last usable CPU.
struct MicroCase {
  MicroCase(std::string name, std::string operation, std::vector<std::string> calibrators, uint64_t ops,
            std::function<void(benchmark::State&)> body);
};

struct ScenarioOptions {
  uint64_t ops = 0;
  uint64_t smoke_ops = 0;
  Metric metric = Metric::kTime;
  uint32_t min_cpus = 1;
};
struct ScenarioCase {
  ScenarioCase(std::string name, std::string operation, std::vector<std::string> calibrators, ScenarioOptions options,
               std::function<Measured(uint64_t ops)> body);
};

struct RunOptions {
  std::string filter = ".*";  // regular expression, searched in the name
  uint32_t repeats = 7;
  std::string json_file;  // empty: none
  bool smoke = false;     // tiny amounts, one round; closes with `N passed, N failed`
};

void list_cases();
// 0: all answers were right; 1: one was wrong; 2: nothing to run.
int run_cases(const RunOptions& options);

// --- for cases

// CPUs this process may use, ascending.
const std::vector<uint32_t>& usable_cpus();
// Pins the calling thread while it lives; does nothing when the system refuses.
class PinnedTo {
 public:
  explicit PinnedTo(uint32_t cpu);
  ~PinnedTo();
  PinnedTo(const PinnedTo&) = delete;
  PinnedTo& operator=(const PinnedTo&) = delete;

 private:
  std::vector<uint32_t> before_;
};
uint64_t thread_cpu_ns();
uint64_t process_cpu_ns();
uint64_t resident_bytes();

}  // namespace wippy::bench
