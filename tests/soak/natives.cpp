// Native processes of the soak (tests/soak/soak.py): work that comes and goes, and the census that looks at the whole node.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <unistd.h>

#if defined(WIPPY_JEMALLOC)
#include <jemalloc/jemalloc.h>
#endif

#include "cli/program.hpp"
#include "runtime/native/entries.hpp"
#include "runtime/native/registry.hpp"
#include "runtime/observe/pool_purge.hpp"
#include "runtime/process/host_core.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/process_timers.hpp"
#include "scheduler/scheduler.hpp"

namespace {

using namespace wippy;

// Takes memory, waits for its mail with a timer, answers and ends; or throws, which is a crash.
Behavior worker(Context& self, ProcessMemory memory, std::string how) {
  std::pmr::map<std::int64_t, std::pmr::string> words(&memory);
  for (std::int64_t i = 0; i < 20; ++i) words[i].assign(static_cast<std::size_t>(i) * 10, 'x');
  if (how == "crash") throw ProcessError(ErrorKind::kConflict, "told to crash");
  if (how == "wait") {
    const Message m = co_await receive(self);
    if (m.kind() != SignalKind::kMessage) co_return;
  }
  if (how == "become lua") co_await become_entry(self, "app:stage", std::int64_t{2});
  co_await sleep_for(self, 1'000'000);
  finish_with(self, static_cast<std::int64_t>(words.size()));
}

std::int64_t open_files() {
  std::int64_t n = 0;
  for (const auto& f : std::filesystem::directory_iterator("/proc/self/fd")) n += f.exists() || f.is_symlink() ? 1 : 0;
  return n;
}

std::int64_t resident_bytes() {
  std::int64_t size = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// jemalloc gives everything back that it can, then says what the program still holds of it. 0: another allocator.
std::int64_t purged_heap_bytes() {
#if defined(WIPPY_JEMALLOC)
  const std::string all = "arena." + std::to_string(MALLCTL_ARENAS_ALL) + ".purge";
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl(all.c_str(), nullptr, nullptr, nullptr, 0);
  std::uint64_t epoch = 1;
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);
  std::size_t allocated = 0;
  std::size_t size = sizeof allocated;
  mallctl("stats.allocated", &allocated, &size, nullptr, 0);
  return static_cast<std::int64_t>(allocated);
#else
  return 0;
#endif
}

// The node's load has ended and its workers sleep: nobody changes what is read here.
Behavior census(Context& self) {
  NodeCore& node = self.node();
  std::int64_t timers = 0;
  for (std::uint16_t h = 0; h < node.host_count(); ++h) {
    Scheduler* const scheduler = node.host_at(h)->scheduler();
    if (scheduler == nullptr) continue;
    for (std::uint32_t w = 0; w < scheduler->worker_count(); ++w)
      timers += static_cast<std::int64_t>(scheduler->worker(w).timers().armed());
  }
  std::map<std::string, std::int64_t> out;
  out["timers"] = timers;
  out["processes"] = node.live_processes();
  out["names"] = static_cast<std::int64_t>(node.names().size());
  out["files"] = open_files();
  out["heap_bytes"] = purged_heap_bytes();
  const PurgedPools purged = PoolPurge::run(node.pools());
  out["pool_bytes"] = static_cast<std::int64_t>(node.pools().carved_bytes() - purged.free_bytes);

  out["resident_bytes"] = resident_bytes();
  finish_with(self, out);
  co_return;
}

// What a leak looks like, for the soak's own test: nothing frees it.
Behavior leak(Context& self, std::string what) {
  if (what == "memory") {
    static char* volatile last = nullptr;
    last = new char[2000];
    last[0] = 'x';
  }
  if (what == "timer") {
    if (TimerNode* const timer = make_timer(self.pid(), 1)) arm_kill_timer(timer, 3'600'000'000'000);
  }
  if (what == "file") static_cast<void>(dup(STDERR_FILENO));
  if (what == "name") {
    static std::int64_t n = 0;
    const HostCore* const control = self.node().find_host("node:control");  // its process stays
    const Pid owner = self.node().pids_of(control->index()).at(0);
    static_cast<void>(self.node().names().add(self.node(), "leaked " + std::to_string(++n), owner));
  }
  if (what == "process") {
    for (;;) co_await receive(self);
  }
}

const NativeRegistration kWorker("soak.worker", native_start<worker>);
const NativeRegistration kCensus("soak.census", native_start<census>);
const NativeRegistration kLeak("soak.leak", native_start<leak>);

}  // namespace

int main(int argc, char** argv) { return wippy::cli::run_program(argc, argv); }
