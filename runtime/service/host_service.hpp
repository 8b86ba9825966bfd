// A host as a service of the supervisor: its start and its stop, which block, run on the blocking pool.
#pragma once

#include "runtime/host/process_host.hpp"
#include "runtime/service/service.hpp"

namespace wippy {

struct HostServiceEvents {
  std::function<void(ProcessHost&)> running;                       // after each start, on a pool thread; may be empty
  std::function<void(ProcessHost&, uint32_t terminated)> stopped;  // after each stop; may be empty
};

// The start and stop of `s`; the host outlives the supervisor.
void serve_host(ServiceSpec& s, ProcessHost& host, HostServiceEvents events);

}  // namespace wippy
