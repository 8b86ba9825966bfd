#include "lua/preempt.hpp"

#include <cerrno>
#include <new>

#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/process/engine_slot.hpp"
#include "runtime/process/slices.hpp"

namespace wippy::lua {

namespace {

constexpr uint32_t kIdleTicks = 2;

// Asks the owner's kill word. Sets slice.killed for good.
bool killed(ProcessRoot& root) noexcept {
  SliceState& slice = root.slice;
  if (!slice.killed && slice.poll_killed != nullptr) slice.killed = slice.poll_killed(slice.owner);
  return slice.killed;
}

}  // namespace

void kill_hook(lua_State* L, lua_Debug*) {
  lua_pushlightuserdata(L, const_cast<char*>(&kKillToken));
  lua_error(L);
}

void preempt_hook(lua_State* L, lua_Debug*) {
  ProcessRoot& root = root_of(L);
  if (root.loading) {
    root.load_instructions += kResidentInterval;
    if (root.load_instructions > kLoadInstructions) raise_fatal(L);
    return;
  }
  const bool dead = killed(root);
  root.slice.expired = 1;
  if (slice_may_yield(L)) {
    if (!kCountMode) lua_sethook(L, nullptr, 0, 0);
    root.slice.system_yield = true;
    lua_yield(L, 0);  // inside a hook it returns; the VM then leaves L
    return;
  }
  if (dead) raise_fatal(L);
  // Only once: it walks the call chain, which may be very long, and the count begins anew by itself.
  if (!kCountMode && lua_gethookcount(L) != kBoundaryInterval)
    lua_sethook(L, preempt_hook, LUA_MASKCOUNT, kBoundaryInterval);
}

void install_hooks(lua_State* L, ProcessRoot& root) noexcept {
  if (root.loading || kCountMode) lua_sethook(L, preempt_hook, LUA_MASKCOUNT, kResidentInterval);
  // While loading each poll of a sliced function asks poll_killed, which counts (factory.cpp).
  root.slice.polls_per_slice = root.loading ? 1 : (kCountMode ? kResidentPolls : 0);
}

void end_loading(lua_State* L, ProcessRoot& root) noexcept {
  root.loading = false;
  root.slice.expired = 0;
  root.slice.polls_per_slice = kCountMode ? kResidentPolls : 0;
  if (!kCountMode) lua_sethook(L, nullptr, 0, 0);  // coroutines made by the top level lose theirs when it first fires
}

Ticker::Ticker() noexcept {
  struct sigaction action {};
  action.sa_sigaction = &Ticker::on_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGURG, &action, nullptr) != 0) return;  // the same action each time: idempotent
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGURG;
  event.sigev_value.sival_ptr = this;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  valid_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

Ticker::~Ticker() {
  if (!valid_) return;
  // A tick already on its way must not find us gone: with the signal blocked, delete the timer and swallow what is pending.
  sigset_t only;
  sigset_t before;
  sigemptyset(&only);
  sigaddset(&only, SIGURG);
  pthread_sigmask(SIG_BLOCK, &only, &before);
  timer_delete(timer_);
  const timespec now{};
  while (sigtimedwait(&only, nullptr, &now) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Ticker* Ticker::current() noexcept {
  if (kCountMode) return nullptr;
  EngineSlot* const slot = current_engine_slot();
  if (slot == nullptr) return nullptr;
  auto* ticker = static_cast<Ticker*>(slot->data);
  if (ticker == nullptr) [[unlikely]] {
    ticker = new (std::nothrow) Ticker;
    if (ticker == nullptr) return nullptr;
    slot->data = ticker;
    slot->at_exit = [](void* mine) noexcept { delete static_cast<Ticker*>(mine); };
  }
  return ticker->valid() ? ticker : nullptr;
}

void Ticker::start_timer(uint64_t ns) noexcept {
  itimerspec spec{};
  spec.it_value.tv_nsec = static_cast<long>(ns);
  timer_settime(timer_, 0, &spec, nullptr);
}

void Ticker::arm(bool whole_slice) noexcept {
  idle_ticks_ = 0;
  armed_ = 1;
  fence_signal();
  start_timer(whole_slice ? slice_ns() : kTickNs);
  fence_signal();    // a tick that was on its way has come by now, and has only seen this step
  seen_seq_ = seq_;  // the first tick ends it
}

void Ticker::on_signal(int, siginfo_t* info, void*) {
  if (info->si_code != SI_TIMER) return;
  const int saved = errno;
  static_cast<Ticker*>(info->si_value.sival_ptr)->on_tick();
  errno = saved;
}

void Ticker::on_tick() noexcept {
  ProcessRoot* const root = active_;
  const uint64_t seq = seq_;
  const bool same = seq == seen_seq_;
  seen_seq_ = seq;
  if (root == nullptr) {
    idle_ticks_ = same ? idle_ticks_ + 1 : 0;
    if (idle_ticks_ >= kIdleTicks) {
      armed_ = 0;  // and the timer is not started again
      return;
    }
  } else {
    idle_ticks_ = 0;
    if (same) {
      root->slice.expired = 1;
      lua_State* const L = root->running;
      // One walk over the call chain per slice: it may be very long.
      if (L != nullptr && lua_gethook(L) == nullptr) lua_sethook(L, preempt_hook, LUA_MASKCOUNT, 1);
    }
  }
  start_timer(kTickNs);
}

}  // namespace wippy::lua
