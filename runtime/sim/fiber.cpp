#include "runtime/sim/fiber.hpp"

#include <sys/mman.h>

#include <cxxabi.h>
#include <cerrno>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#include "runtime/sim/fixed_pages.hpp"

#if defined(__x86_64__)
// System V AMD64: rbx, rbp and r12-r15 belong to the caller; the compiler has saved everything else around the call.
extern "C" void wippy_sim_switch(void** save_sp, void* load_sp) noexcept;
asm(R"(
  .text
  .globl wippy_sim_switch
  .type wippy_sim_switch, @function
wippy_sim_switch:
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  ret
  .size wippy_sim_switch, .-wippy_sim_switch
)");
#endif

namespace wippy::sim {

namespace {

constexpr std::size_t kGuardBytes = 64 << 10;
constexpr std::size_t kMainBytes = std::size_t{8} << 20;
constexpr std::size_t kStackBytes = std::size_t{1} << 20;
bool g_mapped[kMaxFibers];

std::size_t stack_bytes(uint32_t slot) noexcept { return slot == 0 ? kMainBytes : kStackBytes; }
char* stack_begin(uint32_t slot) noexcept {
  char* const base = stack_area() + kGuardBytes;
  return slot == 0 ? base : base + kMainBytes + kGuardBytes + (slot - 1) * (kStackBytes + kGuardBytes);
}

// What libstdc++ and libsupc++ keep per thread; its head is fixed by the Itanium C++ ABI (§2.2.2).
struct ExceptionGlobals {
  void* caught;
  unsigned int uncaught;
};
ExceptionGlobals& exception_globals() noexcept {
  return *reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

void exchange_thread_state(Fiber& from, Fiber& to) noexcept {
  from.this_thread = t_this_thread;
  t_this_thread = to.this_thread;
  ExceptionGlobals& e = exception_globals();
  from.exceptions[0] = e.caught;
  from.exceptions[1] = reinterpret_cast<void*>(static_cast<uintptr_t>(e.uncaught));
  e.caught = to.exceptions[0];
  e.uncaught = static_cast<unsigned int>(reinterpret_cast<uintptr_t>(to.exceptions[1]));
  from.error_number = errno;
  errno = to.error_number;
}

}  // namespace

bool map_stack(uint32_t slot) noexcept {
  if (slot >= kMaxFibers) return false;
  if (!g_mapped[slot]) g_mapped[slot] = map_at(stack_begin(slot), stack_bytes(slot), PROT_READ | PROT_WRITE);
  return g_mapped[slot];
}

void clean_stack(uint32_t slot) noexcept {
  if (g_mapped[slot]) madvise(stack_begin(slot), stack_bytes(slot), MADV_DONTNEED);
}

#if defined(__x86_64__)

void prepare_fiber(Fiber& f, void (*entry)()) noexcept {
  // Six registers, the entry's address for `ret`, and a null return address for unwinders: after `ret` the stack pointer
  // is 8 below a multiple of 16, as at every function entry.
  auto* top = reinterpret_cast<uintptr_t*>(stack_begin(f.slot) + stack_bytes(f.slot)) - 8;
  for (int i = 0; i < 8; ++i) top[i] = 0;
  top[6] = reinterpret_cast<uintptr_t>(entry);
  f.stack_pointer = top;
}

void switch_fibers(Fiber& from, Fiber& to) noexcept {
  exchange_thread_state(from, to);
  wippy_sim_switch(&from.stack_pointer, to.stack_pointer);
}

#else

namespace {
ucontext_t g_contexts[kMaxFibers + 1];  // the last one: outside of all fibers
ucontext_t& context_of(Fiber& f) noexcept { return g_contexts[f.slot]; }
}  // namespace

void prepare_fiber(Fiber& f, void (*entry)()) noexcept {
  ucontext_t& c = context_of(f);
  getcontext(&c);
  c.uc_stack.ss_sp = stack_begin(f.slot);
  c.uc_stack.ss_size = stack_bytes(f.slot);
  c.uc_link = nullptr;
  makecontext(&c, entry, 0);
}

void switch_fibers(Fiber& from, Fiber& to) noexcept {
  exchange_thread_state(from, to);
  swapcontext(&context_of(from), &context_of(to));
}

#endif

}  // namespace wippy::sim
