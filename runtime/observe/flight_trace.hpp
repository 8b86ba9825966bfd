// The flight recorder written out: as Chrome trace events (Perfetto, chrome://tracing and speedscope open it), or raw from a
// crash handler and turned into that later.
//
// Steps are slices on the thread's track, a send and its receive the two ends of an arrow ("s", "f" of one id), the rest are
// instants. An arrow is written only when both its ends are, each inside a step, and points forward in time
// (flight_times.hpp). Times count from the earliest event, so that a viewer's doubles hold the nanoseconds.
//
// Thread-safety: capture and write from any thread with the rings alive; raw writing from a signal handler.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "runtime/observe/flight_ring.hpp"

namespace wippy::observe {

struct FlightTrack {
  uint32_t index = 0;
  std::string label;
  FlightRingBase::Snapshot events;
};
struct FlightCapture {
  uint64_t now_ns = 0;
  std::vector<FlightTrack> tracks;
};

// What a pid is called; only its low 56 bits are known.
using PidText = std::function<std::string(uint64_t pid)>;

FlightCapture capture_flight(const FlightRings& rings);
// False: the stream failed.
bool write_chrome_trace(const FlightCapture& capture, const PidText& pid_text, std::ostream& out);
// The same into a file, by way of a temporary beside it. False: `error` says why.
bool write_chrome_trace(const FlightCapture& capture, const PidText& pid_text, const std::string& path,
                        std::string& error);

// Async-signal-safe: system calls only. False: not all could be written.
bool write_raw_flight(const FlightRings& rings, uint64_t now_ns, int fd) noexcept;
// What write_raw_flight wrote. False: `error` says why.
bool read_raw_flight(std::istream& in, FlightCapture& capture, std::string& error);

// From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) writes `path` raw before the program dies of it. `rings`
// must outlive the program or the call with null. One runtime a program.
void dump_flight_on_crash(const FlightRings* rings, const std::string& path);

}  // namespace wippy::observe
