// memory/slab.hpp, memory/arena.hpp, memory/grace.hpp, memory/block_table.hpp.
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "bench/harness.hpp"
#include "bench/node.hpp"
#include "memory/arena.hpp"
#include "memory/grace.hpp"
#include "memory/slab.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/worker_procs.hpp"
#include "scheduler/clock.hpp"
#include "scheduler/random.hpp"

namespace wippy::bench {

namespace {

constexpr std::size_t kSmallRange = std::size_t{1} << 30;

// --- slab

void slab_pair(benchmark::State& state) {
  MemoryPools pools(1, nullptr, kSmallRange);
  ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
  for (auto _ : state) {
    void* p = slab_allocate(0);
    benchmark::DoNotOptimize(p);
    if (p == nullptr) break;
    slab_free(p, 0);
  }
}
const MicroCase kSlab("micro/slab_pair_64", "allocate + free of 64 bytes, same thread", {"malloc_pair"}, 4'000'000,
                      slab_pair);

// 1,024 at once: magazines run empty and full, the depot takes part.
void slab_burst(benchmark::State& state) {
  constexpr uint32_t kBurst = 1024;
  MemoryPools pools(1, nullptr, kSmallRange);
  ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
  std::vector<void*> items(kBurst);
  while (state.KeepRunningBatch(kBurst)) {
    for (void*& p : items) p = slab_allocate(0);
    for (void* p : items) slab_free(p, 0);
  }
}
const MicroCase kBurst("micro/slab_burst_1024", "allocate + free of 64 bytes, 1,024 at a time", {"malloc_pair"},
                       2'048'000, slab_burst);

// Allocated here, freed by a thread on another core. Items travel through a ring of 1,024.
constexpr uint64_t kRing = 1024;
struct Handover {
  std::array<void*, kRing> items{};
  alignas(kCacheLine) Atomic<uint64_t> written{0};
  alignas(kCacheLine) Atomic<uint64_t> read{0};
};

void pause_a_while(uint32_t& spins) {
  cpu_relax();
  if (++spins % 4096 == 0) std::this_thread::yield();
}

Measured slab_cross(uint64_t ops) {
  MemoryPools pools(1, nullptr, kSmallRange);
  Handover h;
  std::thread other([&] {
    const PinnedTo pin(usable_cpus().front());
    ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
    uint32_t spins = 0;
    for (uint64_t i = 0; i < ops; ++i) {
      while (h.written.load_acquire() == i) pause_a_while(spins);  // partner: below
      slab_free(h.items[i % kRing], 0);
      if (i % 16 == 15 || i + 1 == ops) h.read.store_release(i + 1);  // partner: below
    }
  });
  Measured m;
  {
    const PinnedTo pin(usable_cpus().back());
    ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
    const uint64_t t0 = monotonic_ns();
    uint32_t spins = 0;
    for (uint64_t i = 0; i < ops; ++i) {
      while (i - h.read.load_acquire() == kRing) pause_a_while(spins);  // partner: above
      void* p = slab_allocate(0);
      *static_cast<uint64_t*>(p) = i;
      h.items[i % kRing] = p;
      h.written.store_release(i + 1);  // partner: above
    }
    other.join();
    m.wall_ns = monotonic_ns() - t0;
  }
  // Magazines must travel back: far less memory than ops * 64 bytes.
  if (ops > 100'000 && pools.carved_bytes() > ops * 16) m.error = "freed items did not come back";
  return m;
}
const ScenarioCase kCross("micro/slab_cross_64", "64 bytes allocated here, freed on another core",
                          {"malloc_pair", "line_round_trip"}, {.ops = 500'000, .smoke_ops = 5'000, .min_cpus = 2},
                          slab_cross);

// --- arena: the life of a small process's heap

void arena_pair(benchmark::State& state) {
  MemoryPools pools(1, nullptr, kSmallRange);
  ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
  Arena arena;
  for (auto _ : state) {
    void* p = arena.allocate(56);
    benchmark::DoNotOptimize(p);
    arena.deallocate(p, 56);
  }
  if (arena.used_bytes() != 0) state.SkipWithError("the arena counts wrongly");
}
const MicroCase kArena("micro/arena_pair_56", "allocate + free of 56 bytes in an arena", {"malloc_pair"}, 4'000'000,
                       arena_pair);

void arena_life(benchmark::State& state) {
  MemoryPools pools(1, nullptr, kSmallRange);
  ThreadMemory scope(pools, NodeId{0}, ReaderKind::kOutside);
  for (auto _ : state) {
    Arena arena;
    for (uint32_t i = 0; i < 100; ++i) benchmark::DoNotOptimize(arena.allocate(16 + i * 2 % 160));
    arena.release_all();
  }
}
const MicroCase kLife("micro/arena_life_100", "new arena, 100 blocks, dropped whole", {"malloc_pair"}, 20'000,
                      arena_life);

// --- reader sections

template <ReaderKind kKind>
void reader_section(benchmark::State& state) {
  auto domain = std::make_unique<GraceDomain>();
  ReaderRecord* r = domain->register_reader(kKind);
  uint64_t n = 0;
  for (auto _ : state) {
    const ReaderSection section(*r);
    benchmark::DoNotOptimize(++n);
  }
  domain->unregister(r);
}
const MicroCase kWorkerSection("micro/reader_section_worker", "empty section of a worker", {"exchange"}, 4'000'000,
                               reader_section<ReaderKind::kWorker>);
const MicroCase kOutsideSection("micro/reader_section_outside", "empty section of any other thread", {"exchange"},
                                4'000'000, reader_section<ReaderKind::kOutside>);

// --- blocks, which are the table of PIDs

struct Blocks {
  Blocks() : pools(1, nullptr, kSmallRange), scope(pools, NodeId{0}, ReaderKind::kOutside), node(pools, {}) {
    host = &node.add_host("bench:blocks");
    procs = std::make_unique<WorkerProcs>(node, *host);
  }
  ~Blocks() { procs.reset(); }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  MemoryPools pools;
  ThreadMemory scope;
  NodeCore node;
  HostCore* host;
  std::unique_ptr<WorkerProcs> procs;
};

void block_cycle(benchmark::State& state) {
  Blocks b;
  b.procs->give_back(*b.host, b.procs->allocate(*b.host, 0));  // the first carves a run of blocks
  uint64_t last = 0;
  for (auto _ : state) {
    Process* p = b.procs->allocate(*b.host, 0);
    p->publish();
    const Pid pid = p->identity();
    if (b.node.find(pid) != p || pid.value == last) {
      state.SkipWithError("the process was not found, or its id repeats");
      break;
    }
    last = pid.value;
    b.procs->give_back(*b.host, p);
  }
}
const MicroCase kCycle("micro/pid_allocate_publish_find_free", "block allocated, published, found, given back",
                       {"malloc_pair"}, 2'000'000, block_cycle);

void find_among(benchmark::State& state, std::size_t count) {
  Blocks b;
  std::vector<Pid> pids;
  for (std::size_t i = 0; i < count; ++i) {
    Process* p = b.procs->allocate(*b.host, 0);
    p->publish();
    pids.push_back(p->identity());
  }
  uint64_t random = 1;
  uint64_t found = 0;
  uint64_t asked = 0;
  for (auto _ : state) {
    ++asked;
    found += b.node.find(pids[split_mix64(random) % count]) != nullptr ? 1 : 0;
  }
  if (found != asked) state.SkipWithError("a process was not found");
}
const MicroCase kFindFew("micro/pid_find_64", "find, one of 64", {"exchange"}, 4'000'000,
                         [](benchmark::State& s) { find_among(s, 64); });
const MicroCase kFindMany("micro/pid_find_100k", "find, one of 100,000 at random", {"exchange"}, 1'000'000,
                          [](benchmark::State& s) { find_among(s, 100'000); });

}  // namespace

}  // namespace wippy::bench
