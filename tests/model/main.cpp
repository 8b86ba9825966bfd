// Runs every registered model case and prints one line each.
//   model_suites [--list] [--filter TEXT] [--trace] [--deeper N]
// --trace also prints the failing execution of planted mistakes and the list of weakenings; --deeper adds N preemptions to
// the bound of every case that must be verified.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "model/checker/random_walk.hpp"
#include "model/checker/suite.hpp"

namespace {
using wippy::model::Plant;

// Mistakes that were made in well-known runtimes, or nearly here; docs/internals/model.md tells of each.
Plant g_plants[] = {
    {"parker/look before the exchange", "lost wake-up: the waker looks for a sleeper before it leaves the token"},
    {"protocol/deque/pop without SC fence", "deque: the owner's pop without its SC fence"},
    {"grace/epoch before erase", "grace passed early: the epoch is taken before the id is erased"},
    {"protocol/idle tag/link relaxed", "mailbox: the link is a relaxed store"},
    {"inbox/take by load and store", "inbox: taken by a load and a store"},
};

Plant* plant_of(const std::string& case_name) {
  for (Plant& p : g_plants) {
    if (case_name == p.case_name) return &p;
  }
  return nullptr;
}

// Executions until the mistake is found: by the systematic search, which is the same in every run, and by random executions.
void print_plants() {
  bool any = false;
  for (const Plant& p : g_plants) {
    if (p.walks == 0) continue;
    if (!any) {
      std::printf("\n%-75s %10s  %s\n", "planted mistake: executions until found", "systematic",
                  "random: mean (least … most)");
    }
    any = true;
    std::printf("%-75s %10llu  %.1f (%llu … %llu), %d of %d walks\n", p.mistake,
                static_cast<unsigned long long>(p.systematic), p.mean, static_cast<unsigned long long>(p.least),
                static_cast<unsigned long long>(p.most), p.found, p.walks);
  }
  if (any) std::printf("\n");
}
}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  bool list = false;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--list") == 0) {
      list = true;
    } else if (std::strcmp(argv[i], "--trace") == 0) {
      trace = true;
    } else if (std::strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
      filter = argv[++i];
    } else if (std::strcmp(argv[i], "--deeper") == 0 && i + 1 < argc) {
      wippy::model::g_extra_bound = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: model_suites [--list] [--filter TEXT] [--trace] [--deeper N]\n");
      return 2;
    }
  }
  int passed = 0;
  int failed = 0;
  double seconds = 0;
  if (!list)
    std::printf("%-58s %5s %11s %8s  %-58s %s\n", "case", "bound", "executions", "time", "verdict", "expected");
  for (const wippy::model::Case& c : wippy::model::all_cases()) {
    if (c.name.find(filter) == std::string::npos) continue;
    if (list) {
      std::printf("%s\n", c.name.c_str());
      continue;
    }
    wippy::model::g_measured = plant_of(c.name);
    const wippy::model::Row row = c.run();
    seconds += row.seconds;
    (row.passed ? passed : failed) += 1;
    std::printf("%-58s %5d %11llu %7.2fs  %-58s %s%s\n", c.name.c_str(), row.bound,
                static_cast<unsigned long long>(row.executions), row.seconds, row.verdict.c_str(), row.expected.c_str(),
                row.passed ? "" : "   <-- FAILED");
    if (!row.passed || trace) std::fputs(row.details.c_str(), stdout);
    std::fflush(stdout);
  }
  if (list) return 0;
  print_plants();
  std::printf("%.1f s\n%d passed, %d failed\n", seconds, passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
