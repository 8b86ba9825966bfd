#include "model/checker/explorer.hpp"

#include <signal.h>
#include <sys/time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "model/checker/engine.hpp"
#include "model/checker/random_walk.hpp"

namespace wippy::model {

namespace {

// A mutated structure may dereference a stale pointer or loop in plain code: that is a found mistake, not the end of the run.
void on_crash(int number) {
  Engine& e = engine();
  if (!e.executing) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  e.failed = true;
  e.why = std::string("crash: ") + strsignal(number);
  siglongjmp(e.escape, 1);
}

void on_timer(int) {
  static uint64_t last = ~uint64_t{0};
  Engine& e = engine();
  const uint64_t now = e.progress + e.steps;
  const bool hangs = e.executing && now == last;
  last = now;
  if (!hangs) return;
  e.failed = true;
  e.why = "hang: a loop without any atomic operation";
  siglongjmp(e.escape, 1);
}

void install_handlers() {
  static bool done = false;
  if (done) return;
  done = true;
  stack_t alternative{};
  alternative.ss_size = std::size_t{64} * 1024;
  alternative.ss_sp = std::malloc(alternative.ss_size);
  sigaltstack(&alternative, nullptr);
  struct sigaction a {};
  a.sa_flags = SA_ONSTACK | SA_NODEFER;
  a.sa_handler = &on_crash;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(number, &a, nullptr);
  a.sa_handler = &on_timer;
  sigaction(SIGVTALRM, &a, nullptr);
  itimerval every{{0, 200000}, {0, 200000}};  // 0.2 s of this process's own time without a step
  setitimer(ITIMER_VIRTUAL, &every, nullptr);
}

// One execution along e.choices. Nothing in this frame is read after the jump.
void run_once(Engine& e, const Program& p, void* object) {
  e.begin(p.threads);
  e.object = object;
  e.run = p.run;
  if (sigsetjmp(e.escape, 0) != 0) {
    e.executing = false;
    return;
  }
  e.executing = true;
  p.construct(object);
  e.start_threads();
  p.finish(object);
  p.destroy(object);
  e.executing = false;
}

// To the next leaf of the choice tree; false when there is none.
bool advance(Engine& e) {
  e.choices.resize(e.position);
  while (!e.choices.empty() && e.choices.back().chosen + 1 == e.choices.back().bound) e.choices.pop_back();
  if (e.choices.empty()) return false;
  ++e.choices.back().chosen;
  return true;
}

struct ObjectMemory {
  explicit ObjectMemory(const Program& p) {
    const std::size_t align = p.align < 64 ? 64 : p.align;
    bytes = (p.bytes + align - 1) / align * align;
    at = std::aligned_alloc(align, bytes);
    if (at == nullptr) std::abort();
  }
  ~ObjectMemory() { std::free(at); }
  ObjectMemory(const ObjectMemory&) = delete;
  ObjectMemory& operator=(const ObjectMemory&) = delete;
  void clear() const { std::memset(at, 0, bytes); }
  void* at = nullptr;
  std::size_t bytes = 0;
};

// Of this process: a limit in wall time would depend on what else the machine does.
double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

const char* base_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

std::string short_function(const char* pretty) {
  std::string name(pretty);
  name = name.substr(0, name.find('('));
  const std::size_t colon = name.find_last_of(": ");
  return colon == std::string::npos ? name : name.substr(colon + 1);
}

std::string render(Engine& e) {
  std::string out;
  char line[320];
  for (const TraceLine& t : e.trace) {
    std::string where = std::string(base_name(t.site.file_name())) + ":" + std::to_string(t.site.line());
    std::string what;
    if (t.location >= 0) {
      const void* address = e.locations[static_cast<std::size_t>(t.location)].address;
      const auto named = e.names.find(address);
      what = named != e.names.end() ? named->second : "#" + std::to_string(t.location);
      std::snprintf(line, sizeof line, " %s%llx", std::strstr(t.verb, "store") != nullptr ? "<- 0x" : "-> 0x",
                    static_cast<unsigned long long>(t.value));
      what += line;
    }
    if (t.newer != 0) what += " (" + std::to_string(t.newer) + " newer)";
    if (!t.note.empty()) what += (what.empty() ? "" : " ") + t.note;
    if (std::strcmp(t.verb, "note") == 0) where.clear();
    std::snprintf(line, sizeof line, "    T%d %*s%-24s %-20s %-20s %s\n", t.thread, t.thread * 2, "", where.c_str(),
                  std::strcmp(t.verb, "note") == 0 ? "" : short_function(t.site.function_name()).c_str(), t.verb,
                  what.c_str());
    out += line;
  }
  return out;
}

}  // namespace

Exploration explore(const Program& program, const Options& options) {
  install_handlers();
  Engine& e = engine();
  const ObjectMemory memory(program);
  e.options = options;
  e.choices.clear();
  e.tracing = false;
  Exploration result;
  const double start = processor_seconds();
  const auto elapsed = [&] { return processor_seconds() - start; };
  for (;;) {
    memory.clear();
    run_once(e, program, memory.at);
    ++result.executions;
    e.progress += e.options.max_steps;
    if (e.failed) {
      e.choices.resize(e.position);
      result.failed = true;
      result.why = e.why;
      result.path = e.choices;
      break;
    }
    if (!advance(e)) {
      result.complete = true;
      break;
    }
    if (result.executions >= options.max_executions) break;
    if ((result.executions & 1023) == 0 && elapsed() > options.max_seconds) break;
  }
  result.seconds = elapsed();
  return result;
}

uint64_t random_walk(const Program& program, const Options& options, uint64_t seed, uint64_t limit) {
  install_handlers();
  Engine& e = engine();
  const ObjectMemory memory(program);
  e.options = options;
  e.options.bound = 1'000'000;
  e.tracing = false;
  g_random_choices = seed * 0x9e3779b97f4a7c15u | 1;
  uint64_t n = 0;
  for (bool failed = false; !failed && n < limit; ++n) {
    e.choices.clear();
    memory.clear();
    run_once(e, program, memory.at);
    e.progress += e.options.max_steps;
    failed = e.failed;
  }
  g_random_choices = 0;
  e.choices.clear();
  return e.failed ? n : 0;
}

Plant* g_measured = nullptr;

void measure(Plant& plant, const Program& program, const Options& options) {
  constexpr int kWalks = 64;
  constexpr uint64_t kLimit = 200'000;
  uint64_t sum = 0;
  for (plant.walks = 0; plant.walks < kWalks; ++plant.walks) {
    const uint64_t n = random_walk(program, options, static_cast<uint64_t>(plant.walks) + 1, kLimit);
    if (n == 0) continue;
    sum += n;
    if (plant.found == 0 || n < plant.least) plant.least = n;
    if (n > plant.most) plant.most = n;
    ++plant.found;
  }
  plant.mean = plant.found == 0 ? 0 : static_cast<double>(sum) / plant.found;
}

std::string replay(const Program& program, const Options& options, const std::vector<Choice>& path) {
  Engine& e = engine();
  const ObjectMemory memory(program);
  e.options = options;
  e.choices = path;
  e.tracing = true;
  memory.clear();
  run_once(e, program, memory.at);
  e.tracing = false;
  return render(e) + "    => " + (e.failed ? e.why : std::string("no failure in the replay")) + "\n";
}

}  // namespace wippy::model
