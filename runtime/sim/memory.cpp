// Memory of a run: who is refused some, and what is taken and given back. The link has --wrap for the C allocator, so that
// every malloc, calloc, realloc and free in our own objects comes by here; operator new does not (docs/internals/simulation.md).
#include <cstddef>

#include "runtime/sim/sim.hpp"
#include "scheduler/random.hpp"

namespace wippy::sim {

namespace {

Famine g_wanted;
uint64_t g_calls = 0;
uint64_t g_end_ns = 0;
Random g_choice;

}  // namespace

constinit bool g_famine = false;
constinit Account g_account{};

void set_famine(const Famine& famine, uint64_t seed) {
  g_wanted = famine;
  g_calls = 0;
  g_choice = Random(seed);
  g_famine = famine.calls != 0 && (famine.slabs || famine.heap);
}

void end_famine() noexcept { g_famine = false; }

bool refuse_slow(Memory seam) noexcept {
  if (!(seam == Memory::kSlab ? g_wanted.slabs : g_wanted.heap)) return false;
  const uint64_t call = g_calls++;
  if (call < g_wanted.from_call) return false;
  if (call == g_wanted.from_call) g_end_ns = now_ns() + g_wanted.for_ns;
  if (call - g_wanted.from_call >= g_wanted.calls || now_ns() >= g_end_ns) {
    g_famine = false;
    return false;
  }
  if (g_wanted.per_mille < 1000 && g_choice.below(1000) >= g_wanted.per_mille) return false;
  ++g_account.refusals;
  return true;
}

namespace {
template <class Get>
void* granted(Get get) {
  if (refused(Memory::kHeap)) return nullptr;
  void* p = get();
  if (p != nullptr) ++g_account.heap_blocks;
  return p;
}
}  // namespace

}  // namespace wippy::sim

extern "C" {
void* __real_malloc(std::size_t bytes);
void* __real_calloc(std::size_t count, std::size_t bytes);
void* __real_realloc(void* p, std::size_t bytes);
void* __real_aligned_alloc(std::size_t alignment, std::size_t bytes);
void __real_free(void* p);
void* __wrap_malloc(std::size_t bytes);
void* __wrap_calloc(std::size_t count, std::size_t bytes);
void* __wrap_realloc(void* p, std::size_t bytes);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes);
void __wrap_free(void* p);

void* __wrap_malloc(std::size_t bytes) {
  return wippy::sim::granted([=] { return __real_malloc(bytes); });
}
void* __wrap_calloc(std::size_t count, std::size_t bytes) {
  return wippy::sim::granted([=] { return __real_calloc(count, bytes); });
}
void* __wrap_realloc(void* p, std::size_t bytes) {
  if (p == nullptr) return __wrap_malloc(bytes);
  return wippy::sim::refused(wippy::sim::Memory::kHeap) ? nullptr : __real_realloc(p, bytes);
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return wippy::sim::granted([=] { return __real_aligned_alloc(alignment, bytes); });
}
void __wrap_free(void* p) {
  if (p != nullptr) --wippy::sim::g_account.heap_blocks;
  __real_free(p);
}
}
