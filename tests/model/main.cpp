// Runs every registered model case and prints one line each.
//   model_suites [--list] [--filter TEXT] [--trace] [--deeper N]
// --trace also prints the failing execution of planted mistakes and the list of weakenings; --deeper adds N preemptions to
// the bound of every case that must be verified.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "model/checker/suite.hpp"

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
  std::printf("%.1f s\n%d passed, %d failed\n", seconds, passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
