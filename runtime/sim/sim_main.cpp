#include "runtime/sim/sim_main.hpp"

#include <sys/personality.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/sim/sim.hpp"

namespace wippy::sim {

namespace {

constexpr const char* kStartedAgain = "WIPPY_SIM_STARTED_AGAIN";
constexpr uint64_t kDefaultSeconds = 3600;

std::function<void()> g_stop;  // one OS thread

// A belt besides the fixed addresses: heap and libraries at the same place in every start, too. A system that refuses
// is fine: then only pointers that leave malloc and become keys of a script's table could differ.
void start_again_without_randomisation(char** argv) {
  const int now = personality(0xffffffff);
  if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0 || std::getenv(kStartedAgain) != nullptr) return;
  if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) == -1) return;
  setenv(kStartedAgain, "1", 1);
  execv("/proc/self/exe", argv);
}

uint64_t seed_of(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--seed=", 7) == 0) return std::strtoull(argv[i] + 7, nullptr, 10);
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return 0;
}

std::string command_line(int argc, char** argv) {
  std::string out;
  for (int i = 0; i < argc; ++i) out += std::string(i == 0 ? "" : " ") + argv[i];
  return out;
}

Options options_of(int argc, char** argv) {
  Options o;
  const char* seconds = std::getenv("WIPPY_SIM_SECONDS");
  o.max_virtual_ns = (seconds != nullptr ? std::strtoull(seconds, nullptr, 10) : kDefaultSeconds) * 1'000'000'000u;
  const char* trace = std::getenv("WIPPY_SIM_TRACE");
  if (trace != nullptr && *trace != '0') {
    o.trace = stderr;
    o.trace_switches = *trace == '2';
  }
  o.replay = command_line(argc, argv);
  o.operator_stops = [] {
    if (!g_stop) return false;
    std::exchange(g_stop, nullptr)();
    return true;
  };
  return o;
}

}  // namespace

void set_operator(std::function<void()> stop) { g_stop = std::move(stop); }

int sim_main(int argc, char** argv, int (*program)(int argc, char** argv)) {
  start_again_without_randomisation(argv);
  const uint64_t seed = seed_of(argc, argv);
  const Result r = run(seed, options_of(argc, argv), [=] { return program(argc, argv); });
  std::fflush(stdout);
  if (r.outcome != Outcome::kFinished) {
    std::fputs(r.report.c_str(), stderr);
    std::fflush(stderr);
    _exit(r.code);  // what the abandoned fibers hold must not be touched by destructors
  }
  std::fprintf(stderr, "sim: %s\n", summary(seed, r).c_str());
  return r.code;
}

}  // namespace wippy::sim
