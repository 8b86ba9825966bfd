// Timers of processes on top of scheduler/timer_set: expiry is a signal like any other.
#pragma once

#include <cstdint>

#include "mailbox/pid.hpp"
#include "scheduler/timer_set.hpp"

namespace wippy {

// All on a worker. Null: out of memory. Then one of the next three; arming cannot fail.
TimerNode* make_timer(Pid pid, uint64_t id) noexcept;
void free_timer(TimerNode* never_armed) noexcept;
// Held by a process's timer table: fires kTimer(id) to `pid`.
void arm_process_timer(TimerNode* node, uint64_t delay_ns) noexcept;
// The holder lets go; the node must not be touched again.
void drop_process_timer(TimerNode* node) noexcept;
// Detached: kills `pid` when it passes, unless it is gone by then.
void arm_kill_timer(TimerNode* node, uint64_t delay_ns) noexcept;

}  // namespace wippy
