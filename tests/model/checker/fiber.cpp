#include "model/checker/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace {
constexpr std::size_t kGuardBytes = 4096;
constexpr std::size_t kStacks = 16;
std::size_t g_used = 0;
}  // namespace

#if defined(__x86_64__)
// System V: rbx, rbp, r12-r15 survive a call; everything else the compiler has already saved at the call site.
extern "C" void wippy_model_switch(void** save, void* load) noexcept;
asm(R"(
  .text
  .globl wippy_model_switch
  .type wippy_model_switch, @function
wippy_model_switch:
  pushq %rbp
  pushq %rbx
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
  popq %rbx
  popq %rbp
  ret
  .size wippy_model_switch, .-wippy_model_switch
)");
#endif

namespace wippy::model {

char* Fiber::lowest_ = nullptr;
char* Fiber::highest_ = nullptr;

// Fibers live as long as the program.
Fiber::~Fiber() {
#if !defined(__x86_64__)
  delete static_cast<ucontext_t*>(sp_);
#endif
}

char* Fiber::take_stack() {
  constexpr std::size_t kStep = kStackBytes + kGuardBytes;
  if (lowest_ == nullptr) {
    void* p = mmap(nullptr, kStep * kStacks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) {
      lowest_ = static_cast<char*>(p);
      highest_ = lowest_ + kStep * kStacks;
    }
  }
  char* guard = lowest_ + kStep * g_used;
  if (lowest_ == nullptr || g_used == kStacks || mprotect(guard, kGuardBytes, PROT_NONE) != 0) {
    std::fputs("model: cannot map a fiber stack\n", stderr);
    std::exit(2);
  }
  ++g_used;
  return guard + kGuardBytes;
}

#if defined(__x86_64__)
void Fiber::prepare(void (*entry)()) {
  if (stack_ == nullptr) stack_ = take_stack();
  // After six pops and the ret, the stack pointer is 8 below a multiple of 16, as at any function entry.
  auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + kStackBytes) - 8;
  for (int i = 0; i < 8; ++i) top[i] = 0;
  top[6] = reinterpret_cast<std::uintptr_t>(entry);
  sp_ = top;
}
void Fiber::switch_to(Fiber& to) noexcept { wippy_model_switch(&sp_, to.sp_); }
#else
void Fiber::prepare(void (*entry)()) {
  if (stack_ == nullptr) stack_ = take_stack();
  if (sp_ == nullptr) sp_ = new ucontext_t;
  auto* c = static_cast<ucontext_t*>(sp_);
  getcontext(c);
  c->uc_stack.ss_sp = stack_;
  c->uc_stack.ss_size = kStackBytes;
  c->uc_link = nullptr;
  makecontext(c, entry, 0);
}
void Fiber::switch_to(Fiber& to) noexcept {
  if (sp_ == nullptr) sp_ = new ucontext_t;
  swapcontext(static_cast<ucontext_t*>(sp_), static_cast<ucontext_t*>(to.sp_));
}
#endif

}  // namespace wippy::model
