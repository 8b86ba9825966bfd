#include "shrink.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "run.hpp"

namespace wippy::swarm {

namespace {

// A candidate gets few seeds at first; when nothing smaller fails any more, more of them: a rare failure needs luck.
constexpr uint32_t kFewSeeds = 5, kMoreSeeds = 5;  // times as many
constexpr uint32_t kMostRuns = 1500;

struct Outcome {
  bool failed = false;
  uint64_t hash = 0;
  char failure[160] = {};
};

// Without the names and numbers behind it, so that "(actors 3 and 5)" and "(actors 0 and 1)" are the same failure.
std::string kind_of(const std::string& problem) { return problem.substr(0, problem.find_first_of("(:")); }

Outcome run_apart(const Plan& plan, sim::Bug bug) {
  Outcome out;
  int ends[2];
  if (pipe(ends) != 0) return out;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);  // what a crash says
    const Verdict v = run_plan(plan, bug);
    out.failed = v.failed();
    out.hash = v.result.hash;
    if (v.failed()) std::snprintf(out.failure, sizeof out.failure, "%s", kind_of(v.problems.front()).c_str());
    const ssize_t n = write(ends[1], &out, sizeof out);
    _exit(n == static_cast<ssize_t>(sizeof out) ? 0 : 1);
  }
  close(ends[1]);
  const ssize_t n = read(ends[0], &out, sizeof out);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (n == static_cast<ssize_t>(sizeof out)) return out;
  out = Outcome{};
  out.failed = true;
  std::snprintf(out.failure, sizeof out.failure, "crash");
  return out;
}

class Shrinker {
 public:
  Shrinker(const Plan& plan, sim::Bug bug) : bug_(bug) {
    best_.plan = plan;
    const Outcome o = run_apart(plan, bug);
    best_.runs = 1;
    best_.hash = o.hash;
    best_.failure = o.failure;
  }

  Shrunk run() {
    if (best_.failure.empty()) return best_;
    while (best_.runs < kMostRuns) {
      const uint32_t before = best_.runs;
      if (!pass()) seeds_ *= kMoreSeeds;
      if (best_.runs == before) break;  // nothing is left to take away
    }
    return best_;
  }

 private:
  bool accept(Plan candidate) {
    const uint64_t seed = candidate.seed;
    for (uint32_t i = 0; i < seeds_ && best_.runs < kMostRuns; ++i) {
      candidate.seed = i == 0 ? seed : seed * 31 + i;
      const Outcome o = run_apart(candidate, bug_);
      ++best_.runs;
      if (!o.failed || best_.failure != o.failure) continue;
      best_.plan = candidate;
      best_.hash = o.hash;
      return true;
    }
    return false;
  }

  // Everything once: away with it, half of it, one less of it; then operation by operation.
  bool pass() {
    bool better = false;
    for (const PlanField& f : kPlanFields) {
      if (std::strcmp(f.name, "mix") == 0 || std::strcmp(f.name, "famine_from") == 0) continue;
      for (const uint32_t divisor : {0u, 2u, 1u}) {
        const uint32_t now = best_.plan.*f.value;
        if (now <= f.least) break;
        Plan candidate = best_.plan;
        candidate.*f.value = divisor == 0 ? f.least : divisor == 2 ? f.least + (now - f.least) / 2 : now - 1;
        better |= accept(candidate);
      }
    }
    for (uint32_t op = 0; op < kOps; ++op) {
      Plan candidate = best_.plan;
      candidate.mix &= ~(uint32_t{1} << op);
      if (candidate.mix == best_.plan.mix || candidate.mix == 0) continue;
      better |= accept(candidate);
    }
    return better;
  }

  const sim::Bug bug_;
  uint32_t seeds_ = kFewSeeds;  // for each candidate of a pass
  Shrunk best_;
};

}  // namespace

Shrunk shrink(const Plan& plan, sim::Bug bug) { return Shrinker(plan, bug).run(); }

uint64_t plan_size(const Plan& plan) {
  uint64_t size = 0;
  for (const PlanField& f : kPlanFields) {
    if (std::strcmp(f.name, "mix") != 0 && std::strcmp(f.name, "famine_from") != 0) size += plan.*f.value - f.least;
  }
  return size + static_cast<uint64_t>(__builtin_popcount(plan.mix));
}

}  // namespace wippy::swarm
