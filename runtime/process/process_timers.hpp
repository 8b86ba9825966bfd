// Timers of processes on top of scheduler/timer_set: expiry is a signal like any other.
#pragma once

#include <cstdint>

#include "mailbox/pid.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

// On a worker. Held by a process's timer table: fires kTimer(id) to `pid`. Null: out of memory.
TimerNode* arm_process_timer(Pid pid, uint64_t id, uint64_t delay_ns) noexcept;
// The holder lets go; the node must not be touched again.
void drop_process_timer(TimerNode* node) noexcept;
// Detached: kills `pid` when it passes, unless it is gone by then. False: out of memory.
[[nodiscard]] bool arm_kill_timer(Pid pid, uint64_t delay_ns) noexcept;

}  // namespace wippy
