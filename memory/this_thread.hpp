// Everything that is thread-local in the runtime, in one struct: the simulation swaps it when it switches fibers, so no
// other thread_local may exist in memory, numa, mailbox, scheduler, runtime or lua.
#pragma once

namespace wippy {

struct ThisThread {
  class ThreadMemory* memory = nullptr;    // memory/slab.hpp
  void* worker = nullptr;                  // scheduler/worker.hpp; null outside worker threads
  class FlightRingBase* flight = nullptr;  // a FlightRing: runtime/observe/flight_ring.hpp; the same
  class NodeCore* node = nullptr;  // runtime/process/node_core.hpp; the same: each send looks its target up there
};
inline constinit thread_local ThisThread t_this_thread{};

}  // namespace wippy
