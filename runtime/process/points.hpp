// What the flight recorder and the simulation see of processes: inline, on the worker's thread, inside a step.
//
//   taken       the owner takes a message off its queue (the simulation's event hash: any signal)
//   sent        a message on its way; its name goes along in Signal::ref
//   step        Process::run
//   dropped     a signal ends unread: refused, or its process is gone
//
// None of them may block, allocate, or touch another process.
#pragma once

#include "mailbox/signal.hpp"
#include "memory/this_thread.hpp"
#include "runtime/observe/flight_ring.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif

namespace wippy::points {

// Null: no worker, or its recorder pauses (FlightPace).
inline FlightRing* flight() noexcept { return static_cast<FlightRing*>(t_this_thread.flight); }

// kind: s.kind, which the hot path knows without reading it again.
inline void taken([[maybe_unused]] uint64_t pid, const Signal& s, SignalKind kind) noexcept {
#if defined(WIPPY_SIM)
  sim::record_event(pid, static_cast<uint32_t>(kind), s.from.value);
#endif
  FlightRing* const f = flight();
  if (f != nullptr && kind == SignalKind::kMessage) f->receive(s.ref);
}
inline void sent(Pid to, Signal& s) noexcept {
  FlightRing* const f = flight();
  s.ref = f == nullptr ? FlightRing::kUnrecorded : f->send(to.value);
}
inline void step_begins(uint64_t pid) noexcept {
  if (FlightRing* const f = flight()) f->step(pid);
}
inline void spawned(Pid child) noexcept {
  if (FlightRing* const f = flight()) f->note(FlightKind::kSpawn, child.value);
}
inline void exits(Pid pid) noexcept {
  if (FlightRing* const f = flight()) f->note(FlightKind::kExit, pid.value);
}
inline void upgraded(Pid pid) noexcept {
  if (FlightRing* const f = flight()) f->note(FlightKind::kUpgrade, pid.value);
}
inline void dropped([[maybe_unused]] const Signal& s) noexcept {
#if defined(WIPPY_SIM)
  if (s.kind == SignalKind::kMessage) ++sim::g_account.dropped_messages;
#endif
}

}  // namespace wippy::points
