// Where a bounded mailbox and a flight recorder attach (the next piece of work). Every point is an inline function that
// does nothing yet: the calls are in their places, in the right order to each other, and cost no instruction.
//
//   admission   inside the sender's reader section, before push: may refuse data signals; control signals always pass
//   taken       the owner admits a signal (also the simulation's event hash)
//   dropped     a signal ends unread: refused, or its process is gone
//   step        around Process::run
//
// None of them may block, allocate, or touch another process.
#pragma once

#include "mailbox/signal.hpp"
#if defined(WIPPY_SIM)
#include "memory/sim_hooks.hpp"
#endif

namespace wippy {
class Process;
}

namespace wippy::points {

enum class Admission : uint8_t { kAdmit, kRefuse };

[[nodiscard]] constexpr Admission admission(const Process&, const Signal&) noexcept { return Admission::kAdmit; }
inline void taken([[maybe_unused]] uint64_t pid, [[maybe_unused]] const Signal& s) noexcept {
#if defined(WIPPY_SIM)
  sim::record_event(pid, static_cast<uint32_t>(s.kind), s.from.value);
#endif
}
inline void dropped([[maybe_unused]] const Signal& s) noexcept {
#if defined(WIPPY_SIM)
  if (s.kind == SignalKind::kMessage) ++sim::g_account.dropped_messages;
#endif
}
constexpr void step_begins(uint64_t) noexcept {}
constexpr void step_ends(uint64_t) noexcept {}

}  // namespace wippy::points
