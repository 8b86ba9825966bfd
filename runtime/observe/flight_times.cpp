#include "runtime/observe/flight_times.hpp"

#include <algorithm>
#include <limits>

namespace wippy::observe {

namespace {

constexpr int64_t kGuessNs = 20;  // an event behind the last clock reading

int64_t reading(uint64_t word) noexcept { return static_cast<int64_t>(flight_value(word)); }

}  // namespace

FlightTimes::FlightTimes(const FlightCapture& capture) {
  collect(capture);
  pair(capture);
  for (std::size_t t = 0; t < capture.tracks.size(); ++t) guess(t);
  place(order());
}

void FlightTimes::collect(const FlightCapture& capture) {
  end_ns_ = static_cast<int64_t>(std::min(capture.now_ns, FlightRing::kMostValue));
  for (std::size_t t = 0; t < capture.tracks.size(); ++t) {
    const FlightTrack& track = capture.tracks[t];
    begin_.push_back(events_.size());
    bool timed = false;
    bool in_step = false;
    for (std::size_t i = 0; i < track.events.words.size(); ++i) {
      const uint64_t word = track.events.words[i];
      const FlightKind kind = flight_kind(word);
      if (is_reading(kind)) {
        timed = true;
        end_ns_ = std::max(end_ns_, reading(word));
      }
      if (!timed) continue;
      if (ends_step(kind)) in_step = kind == FlightKind::kStep;
      const uint64_t name = FlightRing::name(track.index, track.events.first + i) & FlightRing::kMostValue;
      events_.push_back({word, name, 0, kNone, static_cast<uint32_t>(t)});
      in_step_.push_back(in_step);
    }
  }
  begin_.push_back(events_.size());
}

// A name says ring and position, so that the send is found without a search. Events of a track have consecutive positions.
void FlightTimes::pair(const FlightCapture& capture) {
  std::vector<std::size_t> track_of(FlightRings::kMost, kNone);
  for (std::size_t t = 0; t < capture.tracks.size(); ++t) {
    if (capture.tracks[t].index < FlightRings::kMost) track_of[capture.tracks[t].index] = t;
  }
  for (std::size_t i = 0; i < events_.size(); ++i) {
    Event& receive = events_[i];
    if (flight_kind(receive.word) != FlightKind::kReceive || !in_step_[i]) continue;
    const uint64_t name = flight_value(receive.word);
    const std::size_t t = track_of[FlightRing::ring_of(name)];
    if (t == kNone || begin(t) == end(t) || name < events_[begin(t)].name) continue;
    const uint64_t behind = (name - events_[begin(t)].name) >> FlightRing::kRingBits;
    if (behind >= end(t) - begin(t)) continue;
    const std::size_t s = begin(t) + behind;
    Event& send = events_[s];
    if (flight_kind(send.word) != FlightKind::kSend || !in_step_[s] || send.partner != kNone) continue;
    send.partner = i;
    receive.partner = s;
  }
}

void FlightTimes::guess(std::size_t track) {
  std::size_t from = begin(track);
  int64_t from_ns = 0;
  for (std::size_t i = from; i < end(track); ++i) {
    const FlightKind kind = flight_kind(events_[i].word);
    if (!is_reading(kind)) continue;
    const int64_t ns = std::max(from_ns, reading(events_[i].word));
    const auto n = static_cast<int64_t>(i - from);
    for (int64_t k = 1; k < n; ++k) {  // from_ns + (ns - from_ns) * k / n, without its overflow
      const int64_t even = from_ns + (ns - from_ns) / n * k + (ns - from_ns) % n * k / n;
      const bool long_step = kind == FlightKind::kLongStep;  // the others are as short as steps are
      events_[from + static_cast<std::size_t>(k)].ns = long_step ? std::min(even, from_ns + k * kGuessNs) : even;
    }
    events_[i].ns = ns;
    from = i;
    from_ns = ns;
  }
  for (std::size_t i = from + 1; i < end(track); ++i) {
    events_[i].ns = std::min(from_ns + static_cast<int64_t>(i - from) * kGuessNs, end_ns_);
  }
}

// All events, each behind the one before it in its track and behind its send. Arrows that form a circle, which only a damaged
// recording has, are taken apart.
std::vector<std::size_t> FlightTimes::order() {
  std::vector<std::size_t> order, next, ready;
  order.reserve(events_.size());
  const std::size_t tracks = begin_.size() - 1;
  for (std::size_t t = 0; t < tracks; ++t) next.push_back(begin(t)), ready.push_back(t);
  std::size_t unfinished = 0;
  while (order.size() < events_.size()) {
    if (ready.empty()) {
      while (next[unfinished] == end(unfinished)) ++unfinished;
      Event& receive = events_[next[unfinished]];
      events_[receive.partner].partner = kNone;
      receive.partner = kNone;
      ready.push_back(unfinished);
    }
    const std::size_t t = ready.back();
    ready.pop_back();
    for (; next[t] < end(t); ++next[t]) {
      const Event& e = events_[next[t]];
      if (e.partner != kNone) {
        const uint32_t other = events_[e.partner].track;
        const bool receives = flight_kind(e.word) == FlightKind::kReceive;
        if (receives && e.partner >= next[other]) break;  // its send comes first
        if (!receives && next[other] == e.partner && other != t) ready.push_back(other);
      }
      order.push_back(next[t]);
    }
  }
  return order;
}

int64_t FlightTimes::gap_before(std::size_t i) const noexcept {
  if (i == begin(events_[i].track)) return -1;
  return is_reading(flight_kind(events_[i - 1].word)) ? 0 : 1;
}

void FlightTimes::place(const std::vector<std::size_t>& order) {
  std::vector<int64_t> latest(events_.size(), end_ns_);
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const Event& e = events_[*at];
    int64_t& late = latest[*at];
    if (is_reading(flight_kind(e.word))) late = std::min(late, e.ns);
    if (const int64_t gap = gap_before(*at); gap >= 0) latest[*at - 1] = std::min(latest[*at - 1], late - gap);
    if (e.partner != kNone && flight_kind(e.word) == FlightKind::kReceive)
      latest[e.partner] = std::min(latest[e.partner], late - 1);
  }
  earliest_ns_ = order.empty() ? 0 : std::numeric_limits<int64_t>::max();
  for (const std::size_t i : order) {
    Event& e = events_[i];
    e.ns = std::min(e.ns, latest[i]);
    if (const int64_t gap = gap_before(i); gap >= 0) e.ns = std::max(e.ns, events_[i - 1].ns + gap);
    if (e.partner != kNone && flight_kind(e.word) == FlightKind::kReceive)
      e.ns = std::max(e.ns, events_[e.partner].ns + 1);
    earliest_ns_ = std::min(earliest_ns_, e.ns);
  }
}

}  // namespace wippy::observe
