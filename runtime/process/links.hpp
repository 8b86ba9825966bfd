// Links, monitors and timers as tables that only their owner changes, by processing signals (rulings.md S8).
//
// PIDs never return, so a link needs no acknowledgement: each side that asks for it creates an *instance* with an id, and
// the entry lives while either side's instance is set.
//   link(B)    at A: entry.mine = id, LINK(id) to B.                       B on LINK(id): entry.theirs = id
//   unlink(B)  at A: drain the inbound queue, erase the entry, UNLINK(mine, theirs) to B.
//              B on UNLINK(x, y): clears theirs if it is x, mine if it is y; erases the entry when both are gone.
//   exit       abnormal: LINK_DOWN to each peer; normal: UNLINK. A peer counts a LINK_DOWN only while it has an entry,
//              hence at most once.
// Concurrent link from both sides gives two instances of one link. unlink racing with the peer's link: the peer's
// instance was unknown, so it survives: the link was made after the unlink.
// Monitors: the watcher's table says whether an EXIT is still wanted; the target's table whom to tell.
// The protocol is checked in tests/model/spin/links.pml.
#pragma once

#include <cstdint>

#include "mailbox/signal.hpp"

namespace wippy {

class Process;

struct LinkRules {
  // Inbound. The first three answer: is this signal still expected? They take it off the table. An EXIT and a LINK_DOWN of one
  // process that come in the wrong order change places: the signal is another kind afterwards.
  static bool timer_fired(Process& p, const Signal& s) noexcept;
  static bool exit_expected(Process& p, Signal& s) noexcept;
  static bool link_down_expected(Process& p, Signal& s) noexcept;
  // kLink, kUnlink, kWatch, kUnwatch. False: memory is refused, nothing has changed, the signal must be kept.
  [[nodiscard]] static bool apply(Process& p, const Signal& s) noexcept;
  static void fail_by_link(Process& p) noexcept;
};

}  // namespace wippy
