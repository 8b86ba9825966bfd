// The engine's door to its worker: engines see processes, not workers (house.md §3.3).
#pragma once

#include "scheduler/engine_slot.hpp"

namespace wippy {

// Of the calling thread's worker; null on threads that are no workers.
EngineSlot* current_engine_slot() noexcept;

}  // namespace wippy
