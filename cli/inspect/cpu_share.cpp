#include "cli/inspect/cpu_share.hpp"

#include <algorithm>

#include "runtime/observe/flight_times.hpp"

namespace wippy::cli {

namespace {
constexpr int64_t kWindowNs = 1'000'000'000;
}

std::unordered_map<uint64_t, double> cpu_shares(const observe::FlightCapture& capture) {
  std::unordered_map<uint64_t, double> out;
  const observe::FlightTimes times(capture);
  const auto now_ns = static_cast<int64_t>(capture.now_ns);
  for (std::size_t track = 0; track < capture.tracks.size(); ++track) {
    const std::size_t begin = times.begin(track);
    const std::size_t end = times.end(track);
    if (begin == end) continue;
    const int64_t from_ns = std::max(now_ns - kWindowNs, times.events()[begin].ns);
    const double covered_ns = static_cast<double>(std::max<int64_t>(1, now_ns - from_ns));
    for (std::size_t i = begin; i < end; ++i) {
      const observe::FlightTimes::Event& step = times.events()[i];
      if (FlightRing::kind_of(step.word) != FlightKind::kStep) continue;
      std::size_t next = i + 1;
      while (next < end && !observe::ends_step(FlightRing::kind_of(times.events()[next].word))) ++next;
      const int64_t until_ns = next < end ? times.events()[next].ns : now_ns;
      const int64_t since_ns = std::max(from_ns, step.ns);
      if (until_ns > since_ns)
        out[observe::flight_value(step.word)] += static_cast<double>(until_ns - since_ns) / covered_ns;
    }
  }
  return out;
}

}  // namespace wippy::cli
