// Race check of every plain access in the suites and in the production headers they include.
//
// The suites are compiled with -fsanitize=thread (tests/model.cmake), but linked against the functions below instead of
// libtsan: the compiler then calls one of them at each load and store of plain memory. Accesses of setup and finish
// (thread 0) are ordered with everything and not recorded; neither are fiber stacks and thread-local memory. Without the option nothing calls this
// file, and only Var<T> is race-checked.
//
// Shadow: per 8-byte word a partition of its bytes into cells with the epochs of the last write and of each thread's last
// read (FastTrack). Memory from operator new starts with an empty shadow; deleted memory is kept until the execution ends,
// and any further access to it fails the execution.
#include <dlfcn.h>
#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "model/checker/engine.hpp"

namespace wippy::model {
namespace {

struct Cell {
  uint8_t bytes = 0;  // bit i: byte i of the word
  int8_t write_thread = 0;
  int16_t write_clock = 0;
  int16_t read_clock[kMaxThreads] = {};
};

struct Word {
  uintptr_t address = 0;
  uint32_t stamp = 0;
  bool freed = false;
  uint8_t count = 0;
  Cell cells[8];
};

constexpr uint32_t kWords = 1u << 13;
Word* g_words = nullptr;
uint32_t g_used = 0;
uint32_t g_used_stamp = 0;
std::vector<void*>* g_freed = nullptr;  // deleted in this execution

Word& word_at(Engine& e, uintptr_t address) {
  if (g_words == nullptr) g_words = static_cast<Word*>(std::calloc(kWords, sizeof(Word)));
  if (g_used_stamp != e.stamp) {
    g_used_stamp = e.stamp;
    g_used = 0;
  }
  for (auto i = static_cast<uint32_t>((address >> 3) * 0x9e3779b97f4a7c15u >> 40);; ++i) {
    Word& w = g_words[i & (kWords - 1)];
    if (w.stamp == e.stamp) {
      if (w.address == address) return w;
      continue;
    }
    if (++g_used > kWords / 2) fail("too much plain memory touched in one execution");
    w.address = address;
    w.stamp = e.stamp;
    w.freed = false;
    w.count = 0;
    return w;
  }
}

[[noreturn]] void race(const char* what, const void* pc) {
  Dl_info info{};
  dladdr(pc, &info);
  char at[64];
  std::snprintf(at, sizeof at, " (plain memory; addr2line %#lx)",
                static_cast<unsigned long>(static_cast<const char*>(pc) - static_cast<const char*>(info.dli_fbase)));
  fail(std::string("data race: ") + what + at);
}

void check_cell(const Engine& e, const Cell& c, const View& v, bool write, const void* pc) {
  if (v.clock[c.write_thread] < c.write_clock) {
    race(write ? "write over a write that is not visible" : "read of a write that is not visible", pc);
  }
  if (!write) return;
  for (int t = 1; t <= e.threads; ++t) {
    if (t != e.current && v.clock[t] < c.read_clock[t]) race("write over a read that is not ordered before", pc);
  }
}

void stamp_cell(const Engine& e, Cell& c, const View& v, bool write) {
  if (!write) {
    c.read_clock[e.current] = v.clock[e.current];
    return;
  }
  c.write_thread = static_cast<int8_t>(e.current);
  c.write_clock = v.clock[e.current];
  for (int16_t& r : c.read_clock) r = 0;
}

void touch(Engine& e, uintptr_t word, uint8_t bytes, bool write, const void* pc) {
  Word& w = word_at(e, word);
  if (w.freed) race("use after delete", pc);
  const View& v = e.self().cur;
  uint8_t left = bytes;
  for (int i = 0, n = w.count; i < n; ++i) {
    Cell& c = w.cells[i];
    if ((c.bytes & bytes) == 0) continue;
    if ((c.bytes & ~bytes) != 0) {  // only a part of the cell: split it
      w.cells[w.count] = c;
      w.cells[w.count++].bytes = static_cast<uint8_t>(c.bytes & ~bytes);
      c.bytes &= bytes;
    }
    check_cell(e, c, v, write, pc);
    stamp_cell(e, c, v, write);
    left = static_cast<uint8_t>(left & ~c.bytes);
  }
  if (left == 0) return;
  Cell& c = w.cells[w.count++];
  c = Cell{};
  c.bytes = left;
  stamp_cell(e, c, v, write);
}

// All fibers share one OS thread, hence one errno.
bool thread_local_memory(const void* address) {
  const auto* tp = static_cast<const char*>(__builtin_thread_pointer());
  const auto* a = static_cast<const char*>(address);
  return a > tp - 64 * 1024 && a < tp + 4096;
}

void access(const void* address, std::size_t size, bool write, const void* pc) {
  if (!executing()) return;
  Engine& e = engine();
  if (e.current == 0 || Fiber::on_any_stack(address) || thread_local_memory(address)) return;
  auto at = reinterpret_cast<uintptr_t>(address);
  while (size != 0) {
    const uintptr_t word = at & ~uintptr_t{7};
    const auto first = static_cast<unsigned>(at - word);
    const std::size_t n = size < 8 - first ? size : 8 - first;
    touch(e, word, static_cast<uint8_t>(((1u << n) - 1u) << first), write, pc);
    at += n;
    size -= n;
  }
}

bool watching() { return executing() && engine().own_allocations == 0 && engine().current != 0; }

void fresh_memory(void* p, std::size_t size) {
  Engine& e = engine();
  for (uintptr_t at = reinterpret_cast<uintptr_t>(p) & ~uintptr_t{7}; at < reinterpret_cast<uintptr_t>(p) + size;
       at += 8) {
    Word& w = word_at(e, at);
    w.freed = false;
    w.count = 0;
  }
}

void* allocate(std::size_t size) noexcept {
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p != nullptr && watching()) fresh_memory(p, size);
  return p;
}

void release(void* p) noexcept {
  if (p == nullptr) return;
  if (!watching()) return std::free(p);
  Engine& e = engine();
  const std::size_t size = malloc_usable_size(p);
  access(p, size, true, __builtin_return_address(0));
  for (uintptr_t at = reinterpret_cast<uintptr_t>(p) & ~uintptr_t{7}; at < reinterpret_cast<uintptr_t>(p) + size;
       at += 8) {
    word_at(e, at).freed = true;
  }
  const OwnAllocations own(e);
  if (g_freed == nullptr) g_freed = new std::vector<void*>;
  g_freed->push_back(p);
}

}  // namespace

void free_deleted() noexcept {
  if (g_freed == nullptr) return;
  for (void* p : *g_freed) std::free(p);
  g_freed->clear();
}

}  // namespace wippy::model

void* operator new(std::size_t size) {
  void* p = wippy::model::allocate(size);
  if (p == nullptr) std::abort();
  return p;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return wippy::model::allocate(size); }
void operator delete(void* p) noexcept { wippy::model::release(p); }
void operator delete(void* p, std::size_t) noexcept { wippy::model::release(p); }

// What the compiler calls.
#define WIPPY_PC __builtin_return_address(0)
extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_read1(void* p) { wippy::model::access(p, 1, false, WIPPY_PC); }
void __tsan_read2(void* p) { wippy::model::access(p, 2, false, WIPPY_PC); }
void __tsan_read4(void* p) { wippy::model::access(p, 4, false, WIPPY_PC); }
void __tsan_read8(void* p) { wippy::model::access(p, 8, false, WIPPY_PC); }
void __tsan_read16(void* p) { wippy::model::access(p, 16, false, WIPPY_PC); }
void __tsan_write1(void* p) { wippy::model::access(p, 1, true, WIPPY_PC); }
void __tsan_write2(void* p) { wippy::model::access(p, 2, true, WIPPY_PC); }
void __tsan_write4(void* p) { wippy::model::access(p, 4, true, WIPPY_PC); }
void __tsan_write8(void* p) { wippy::model::access(p, 8, true, WIPPY_PC); }
void __tsan_write16(void* p) { wippy::model::access(p, 16, true, WIPPY_PC); }
void __tsan_unaligned_read2(void* p) { wippy::model::access(p, 2, false, WIPPY_PC); }
void __tsan_unaligned_read4(void* p) { wippy::model::access(p, 4, false, WIPPY_PC); }
void __tsan_unaligned_read8(void* p) { wippy::model::access(p, 8, false, WIPPY_PC); }
void __tsan_unaligned_read16(void* p) { wippy::model::access(p, 16, false, WIPPY_PC); }
void __tsan_unaligned_write2(void* p) { wippy::model::access(p, 2, true, WIPPY_PC); }
void __tsan_unaligned_write4(void* p) { wippy::model::access(p, 4, true, WIPPY_PC); }
void __tsan_unaligned_write8(void* p) { wippy::model::access(p, 8, true, WIPPY_PC); }
void __tsan_unaligned_write16(void* p) { wippy::model::access(p, 16, true, WIPPY_PC); }
void __tsan_read_range(void* p, unsigned long n) { wippy::model::access(p, n, false, WIPPY_PC); }
void __tsan_write_range(void* p, unsigned long n) { wippy::model::access(p, n, true, WIPPY_PC); }
// The guard of a function's static object; its initialisation is the C++ runtime's business.
unsigned char __tsan_atomic8_load(const volatile unsigned char* p, int) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
// std::shared_ptr's counts: the standard library's business, too.
int __tsan_atomic32_fetch_add(volatile int* p, int n, int) { return __atomic_fetch_add(p, n, __ATOMIC_ACQ_REL); }
long __tsan_atomic64_load(const volatile long* p, int) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
void __tsan_vptr_update(void** p, void*) { wippy::model::access(p, 8, true, WIPPY_PC); }
void __tsan_vptr_read(void** p) { wippy::model::access(p, 8, false, WIPPY_PC); }
}
