// Metrics that scripts keep: counters, gauges and histograms by name and labels, on prometheus-cpp.
//
// Bounded: kMostSeries of them; a label never is a PID (host.md §10.2), so a value of that form is refused.
// Thread-safety: all calls from any thread. Nothing blocks for long: one mutex, held for a look-up.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "memory/status.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace wippy {

struct MetricLabel {
  std::string_view name, value;
};

class Metrics {
 public:
  static constexpr std::size_t kMostSeries = 10'000;
  static constexpr std::size_t kMostLabels = 16;

  enum class Change : uint8_t { kCount, kSet, kAdd, kObserve };  // of a counter; of a gauge; of a gauge; of a histogram

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // INVALID: a name or label that the format does not know, another type than the name had before, a counter that would fall,
  // a PID. UNAVAILABLE: too many series, or out of memory.
  Status change(Change change, std::string_view name, std::span<const MetricLabel> labels, double value) noexcept;

  std::vector<prometheus::MetricFamily> collect() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wippy
