// The cold part of a process. Owner-only; made on first use from the node's slab; freed with the block.
#pragma once

#include <memory>
#include <new>
#include <string>

#include "mailbox/signal.hpp"
#include "memory/arena.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/exit_reason.hpp"
#include "runtime/process/id_table.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

// A link has an instance per side that asked for it; it lives while either is set (rulings.md S8).
struct LinkEntry {
  uint64_t mine = 0;    // id of the instance this side created
  uint64_t theirs = 0;  // id of the instance the peer created
};

// How far continue_exit() has come.
enum class ExitWalk : uint8_t { kWatchers, kLinks, kWatches, kDone };

struct ProcessExt {
  IdTable<LinkEntry> links;    // peer pid -> instances
  IdTable<uint64_t> monitors;  // target pid -> watch id; process.monitor only
  IdTable<uint64_t> watches;   // watch id -> target pid; monitors and private watches
  IdTable<uint64_t> watchers;  // watch id -> watcher pid
  IdTable<TimerNode*> timers;  // timer id -> node this process holds
  std::string entry_id;
  FramePtr frame;
  std::unique_ptr<Arena> arena;
  ExitReason reason;
  Machine* next_machine = nullptr;  // replace_machine
  // next_matching has looked for this ref up to this kept signal (null: at none that is still there); 0: for nothing
  uint64_t kept_looked_for = 0;
  Signal* kept_looked_until = nullptr;
  uint32_t exit_cursor = 0;  // slot in the table that is walked
  ExitWalk exit_walk = ExitWalk::kWatchers;
};
inline constexpr uint32_t kExtClass = slab_class_of(sizeof(ProcessExt));

}  // namespace wippy
