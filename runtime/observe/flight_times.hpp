// When each event of a capture happened, and which send each receive belongs to.
//
// Rings hold few clock readings; between two of them an event's time is guessed by its position. The guesses are then bent
// until they agree with what must be true: the events of a track in their order, a message sent before it is received, each
// event a nanosecond (the file's unit) after what it follows. One pass backwards finds how late each event may be, one forwards places it.
// If no such times exist (clocks of two processors that disagree), order wins over the readings.
//
// Thread-safety: none; a value. Linear in the number of events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/observe/flight_trace.hpp"

namespace wippy::observe {

constexpr FlightKind flight_kind(uint64_t word) noexcept { return FlightRing::kind_of(word); }
constexpr uint64_t flight_value(uint64_t word) noexcept { return FlightRing::value_of(word); }
constexpr bool is_reading(FlightKind k) noexcept { return k == FlightKind::kTime || k == FlightKind::kLongStep; }
// A thread looks at the clock, steals and sleeps only between steps.
constexpr bool ends_step(FlightKind k) noexcept {
  return k == FlightKind::kStep || is_reading(k) || k == FlightKind::kPark || k == FlightKind::kUnpark ||
         k == FlightKind::kPause || k == FlightKind::kSteal;
}

class FlightTimes {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Event {
    uint64_t word;
    uint64_t name;                // of a send: what its receive repeats
    int64_t ns;                   // monotonic
    std::size_t partner = kNone;  // the other end of the arrow; only between events inside steps
    uint32_t track;
  };

  explicit FlightTimes(const FlightCapture& capture);

  const std::vector<Event>& events() const noexcept { return events_; }
  // The events of a track, from its first clock reading on: [begin, end).
  std::size_t begin(std::size_t track) const noexcept { return begin_[track]; }
  std::size_t end(std::size_t track) const noexcept { return begin_[track + 1]; }
  int64_t earliest_ns() const noexcept { return earliest_ns_; }

 private:
  void collect(const FlightCapture& capture);
  void pair(const FlightCapture& capture);
  void guess(std::size_t track);
  std::vector<std::size_t> order();
  void place(const std::vector<std::size_t>& order);
  // ns from the event before i of its track; -1: there is none.
  int64_t gap_before(std::size_t i) const noexcept;

  std::vector<Event> events_;
  std::vector<bool> in_step_;
  std::vector<std::size_t> begin_;
  int64_t end_ns_ = 0;
  int64_t earliest_ns_ = 0;
};

}  // namespace wippy::observe
