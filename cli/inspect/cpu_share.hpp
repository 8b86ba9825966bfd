// Which processes the workers have run lately, from the flight recorder: nothing is counted for it while they run.
//
// A worker's ring holds its last steps; of those within a second before now each process's time is added up and set against the
// stretch that the ring covers. A sample: a busy worker's ring covers some milliseconds, and the recorder rests when steps come
// faster than it is worth (docs/internals/flight-recorder.md).
#pragma once

#include <cstdint>
#include <unordered_map>

#include "runtime/observe/flight_trace.hpp"

namespace wippy::cli {

// Low 56 bits of the PID -> share of one core, 0 to 1 (more when it was on two workers within the second).
std::unordered_map<uint64_t, double> cpu_shares(const observe::FlightCapture& capture);
inline constexpr uint64_t kSharePidMask = ~uint64_t{0} >> 8;

}  // namespace wippy::cli
