// wippy-gate-instructions [--only NAMES]: the one-thread micro-benchmarks under callgrind, a fixed number of operations each.
// For each case callgrind dumps what the loop alone has executed, under the case's name; bench/gate/gate.py reads that.
// Prints {compiler, build, benches: [{name, ops, mallocs, error}]}.
#include <valgrind/callgrind.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/gate/heap.hpp"
#include "bench/gate/only.hpp"
#include "bench/gate/region.hpp"
#include "bench/harness.hpp"

namespace wippy::bench {

namespace {

// Enough that one more instruction per operation is above the comparator's floor of 2,000, and a whole multiple of every
// batch.
constexpr benchmark::IterationCount kOps = 8 * 1024;

// oneTBB's queue takes its pages from malloc, and its code is not ours to count.
constexpr const char* kLeftOut = "micro/overflow_push_pop_32";

std::string g_name;
uint64_t g_mallocs_before = 0;
uint64_t g_mallocs = 0;

nlohmann::ordered_json run_case(const Case& c) {
  g_name = c.name;
  g_mallocs = 0;
  benchmark::State state(kOps);
  c.micro(state);
  nlohmann::ordered_json out;
  out["name"] = c.name;
  out["ops"] = state.iterations();
  out["mallocs"] = g_mallocs;
  out["error"] = state.error();
  return out;
}

int run(std::string_view only) {
  nlohmann::ordered_json out;
  out["compiler"] = __VERSION__;
  out["build"] = WIPPY_GATE_BUILD;
  out["benches"] = nlohmann::ordered_json::array();
  std::vector<const Case*> cases;
  for (const Case& c : all_cases()) {
    if (c.micro && c.name.rfind("micro/", 0) == 0 && c.name != kLeftOut && wanted(only, c.name)) {
      cases.push_back(&c);
    }
  }
  std::sort(cases.begin(), cases.end(), [](const Case* a, const Case* b) { return a->name < b->name; });
  for (const Case* c : cases) out["benches"].push_back(run_case(*c));
  std::printf("%s\n", out.dump(1).c_str());
  return cases.empty() ? 2 : 0;
}

}  // namespace

void region_begins() noexcept {
  g_mallocs_before = heap_totals().allocations;
  CALLGRIND_ZERO_STATS;
}
void region_ends() noexcept {
  CALLGRIND_DUMP_STATS_AT(g_name.c_str());
  g_mallocs = heap_totals().allocations - g_mallocs_before;
}

}  // namespace wippy::bench

int main(int argc, char** argv) {
  const bool some = argc == 3 && std::strcmp(argv[1], "--only") == 0;
  return wippy::bench::run(some ? argv[2] : "");
}
