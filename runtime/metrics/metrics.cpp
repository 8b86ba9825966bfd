#include "runtime/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cmath>
#include <map>
#include <string>

#include "memory/mutex.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy {

namespace {

using Labels = std::map<std::string, std::string>;

// What clients of Prometheus take when nobody says otherwise, in seconds.
const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                                0.5,   1,    2.5,   5,    10};
  return kBuckets;
}

Status refused(const char* why) noexcept { return Status::error(ErrorKind::kInvalid, why); }

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  mutable Mutex mutex;
  std::size_t series = 0;

  // A new series needs room. False: there is none.
  template <class T, class... More>
  T* get(prometheus::Family<T>& family, const Labels& labels, More&&... more) {
    if (!family.Has(labels) && series++ >= kMostSeries) {
      --series;
      return nullptr;
    }
    return &family.Add(labels, std::forward<More>(more)...);
  }

  Status change(Change change, const std::string& name, const Labels& labels, double value) {
    const Status full = Status::error(ErrorKind::kUnavailable, "too many series of metrics");
    switch (change) {
      case Change::kCount: {
        auto* const c = get(prometheus::BuildCounter().Name(name).Register(registry), labels);
        return c == nullptr ? full : (c->Increment(value), Status::good());
      }
      case Change::kSet:
      case Change::kAdd: {
        auto* const g = get(prometheus::BuildGauge().Name(name).Register(registry), labels);
        if (g == nullptr) return full;
        change == Change::kSet ? g->Set(value) : g->Increment(value);
        return Status::good();
      }
      case Change::kObserve: {
        auto* const h = get(prometheus::BuildHistogram().Name(name).Register(registry), labels, buckets());
        return h == nullptr ? full : (h->Observe(value), Status::good());
      }
    }
    return Status::good();
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Status Metrics::change(Change change, std::string_view name, std::span<const MetricLabel> labels,
                       double value) noexcept {
  if (change == Change::kCount && !(value >= 0)) return refused("a counter cannot fall");
  if (std::isnan(value)) return refused("the value is not a number");
  if (labels.size() > kMostLabels) return refused("too many labels");
  try {
    Labels given;
    for (const MetricLabel& l : labels) {
      if (NodeCore::looks_like_pid(l.value)) return refused("a PID cannot be a label");
      given.emplace(l.name, l.value);
    }
    const LockGuard lock(state_->mutex);
    return state_->change(change, std::string(name), given, value);
  } catch (const std::invalid_argument&) {
    return refused("a name of letters, digits and _ is required, which has been used for this type alone");
  } catch (...) {
    return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }
}

std::vector<prometheus::MetricFamily> Metrics::collect() const {
  const LockGuard lock(state_->mutex);
  return state_->registry.Collect();
}

}  // namespace wippy
