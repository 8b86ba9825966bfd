// The engine's door to its worker: engines see processes, not workers (house.md §3.3).
#pragma once

namespace wippy {

// What an engine (Lua, WASM) hangs on the worker that its code runs on. Owner-only, on the worker's thread.
struct EngineSlot {
  void* data = nullptr;
  void (*at_exit)(void* data) noexcept = nullptr;  // the worker's thread ends
};

// Of the calling thread's worker; null on threads that are no workers.
EngineSlot* current_engine_slot() noexcept;

}  // namespace wippy
