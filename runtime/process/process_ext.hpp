// The cold part of a process. Owner-only; made on first use: in the block's place for a coroutine frame when the machine never
// has one (Process::offer_frame), else from the node's slab; freed with the block.
#pragma once

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "mailbox/signal.hpp"
#include "memory/arena.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/exit_reason.hpp"
#include "runtime/process/id_table.hpp"
#include "runtime/process/process.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

// A link has an instance per side that asked for it; it lives while either is set (rulings.md S8).
struct LinkEntry {
  uint64_t mine = 0;    // id of the instance this side created
  uint64_t theirs = 0;  // id of the instance the peer created
};

// How far continue_exit() has come.
enum class ExitWalk : uint8_t { kWatchers, kLinks, kWatches, kDone };

// The timers that a process holds. The first one that is alive needs no table.
class HeldTimers {
 public:
  // False: out of memory.
  bool hold(TimerNode* node) noexcept {
    TimerNode** const at = first_ == nullptr ? &first_ : others_.insert(node->ref);
    if (at != nullptr) *at = node;
    return at != nullptr;
  }
  // The caller's from now on; null: not held.
  TimerNode* take(uint64_t id) noexcept {
    if (first_ != nullptr && first_->ref == id) return std::exchange(first_, nullptr);
    TimerNode** const at = others_.find(id);
    TimerNode* const node = at == nullptr ? nullptr : *at;
    if (node != nullptr) others_.erase(id);
    return node;
  }
  template <class F>
  void take_all(F&& f) noexcept {
    if (first_ != nullptr) f(std::exchange(first_, nullptr));
    uint64_t id = 0;
    TimerNode* node = nullptr;
    for (uint32_t i = 0; i < others_.capacity(); ++i) {
      if (others_.slot(i, id, node)) f(node);
    }
    others_.clear();
  }

 private:
  TimerNode* first_ = nullptr;
  IdTable<TimerNode*> others_;  // timer id -> node
};

struct ProcessExt {
  IdTable<LinkEntry> links;    // peer pid -> instances
  IdTable<uint64_t> monitors;  // target pid -> watch id; process.monitor only
  IdTable<uint64_t> watches;   // watch id -> target pid; monitors and private watches
  IdTable<uint64_t> watchers;  // watch id -> watcher pid
  HeldTimers timers;
  std::unique_ptr<std::string> entry_id;  // null: what the machine says
  FramePtr frame;
  std::unique_ptr<Arena> arena;
  ExitReason reason;
  std::unique_ptr<Successor> successor;  // replace_machine
  // next_matching has looked for this ref up to this kept signal (null: at none that is still there); 0: for nothing
  uint64_t kept_looked_for = 0;
  Signal* kept_looked_until = nullptr;
  uint32_t upgrades = 0;
  uint32_t exit_cursor : 30 = 0;  // slot in the table that is walked; a table has 2^24 at most
  ExitWalk exit_walk : 2 = ExitWalk::kWatchers;
};
inline constexpr uint32_t kExtClass = slab_class_of(sizeof(ProcessExt));
static_assert(sizeof(ProcessExt) <= Process::kFrameBytes);

}  // namespace wippy
