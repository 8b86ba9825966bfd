#include "runtime/observe/flight_trace.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace wippy::observe {

namespace {

constexpr uint64_t kValueMask = (uint64_t{1} << FlightRing::kValueBits) - 1;
constexpr uint64_t kGuessNs = 20;  // an event behind the last kTime

FlightKind kind_of(uint64_t word) noexcept { return static_cast<FlightKind>(word >> FlightRing::kValueBits); }
uint64_t value_of(uint64_t word) noexcept { return word & kValueMask; }

// A point of a track whose time is known, or known to be not earlier.
struct Mark {
  std::size_t at;
  double ns;
};

class Timeline {
 public:
  Timeline(const FlightTrack& track, uint64_t now_ns) : now_ns_(static_cast<double>(now_ns)) {
    const auto& words = track.events.words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (kind_of(words[i]) == FlightKind::kTime) marks_.push_back({i, static_cast<double>(value_of(words[i]))});
    }
  }
  bool known(std::size_t at) const noexcept { return !marks_.empty() && at >= marks_.front().at; }
  std::size_t first() const noexcept { return marks_.empty() ? ~std::size_t{0} : marks_.front().at; }
  double at(std::size_t i) const noexcept {
    const auto after =
        std::upper_bound(marks_.begin(), marks_.end(), i, [](std::size_t v, const Mark& m) { return v < m.at; });
    const Mark& a = *(after - 1);
    if (after == marks_.end())
      return std::max(a.ns, std::min(a.ns + static_cast<double>((i - a.at) * kGuessNs), now_ns_));
    return a.ns + (after->ns - a.ns) * static_cast<double>(i - a.at) / static_cast<double>(after->at - a.at);
  }
  // Event i is not earlier than ns. Kept monotone; false: it is already.
  bool push_back(std::size_t i, double ns) {
    if (at(i) >= ns) return false;
    const auto after =
        std::upper_bound(marks_.begin(), marks_.end(), i, [](std::size_t v, const Mark& m) { return v < m.at; });
    const double limit = after == marks_.end() ? now_ns_ : after->ns;
    marks_.insert(after, {i, std::min(ns, std::max(limit, at(i)))});
    return true;
  }

 private:
  std::vector<Mark> marks_;
  double now_ns_;
};

struct Place {
  std::size_t track;
  std::size_t at;
};

// Sends by their names, for the receives that are there too.
std::unordered_map<uint64_t, Place> sends_of(const FlightCapture& c, const std::vector<Timeline>& times) {
  std::unordered_map<uint64_t, Place> sends;
  for (std::size_t t = 0; t < c.tracks.size(); ++t) {
    const FlightTrack& track = c.tracks[t];
    for (std::size_t i = 0; i < track.events.words.size(); ++i) {
      if (kind_of(track.events.words[i]) != FlightKind::kSend || !times[t].known(i)) continue;
      const uint64_t name =
          uint64_t{track.index} << FlightRing::kPositionBits | ((track.events.first + i) & FlightRing::kPositionMask);
      sends.emplace(name, Place{t, i});
    }
  }
  return sends;
}

class Writer {
 public:
  Writer(const FlightCapture& c, const PidText& pid_text, std::ostream& out) : c_(c), pid_text_(pid_text), out_(out) {
    for (const FlightTrack& t : c.tracks) times_.emplace_back(t, c.now_ns);
    sends_ = sends_of(c, times_);
  }

  bool write() {
    order_arrivals();
    out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
    for (std::size_t t = 0; t < c_.tracks.size(); ++t) track(t);
    out_ << "\n]}\n";
    return static_cast<bool>(out_);
  }

 private:
  using Json = nlohmann::json;

  // No message arrives before it is sent. Twice, because a send may lie behind an arrival that moved.
  void order_arrivals() {
    for (int round = 0; round < 2; ++round) {
      each_receive([this](std::size_t t, std::size_t i, const Place& sent) {
        times_[t].push_back(i, times_[sent.track].at(sent.at));
      });
    }
    each_receive([this](std::size_t t, std::size_t i, const Place&) {
      received_.emplace(value_of(c_.tracks[t].events.words[i]), true);
    });
  }
  template <class F>
  void each_receive(F&& f) {
    for (std::size_t t = 0; t < c_.tracks.size(); ++t) {
      const auto& words = c_.tracks[t].events.words;
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (kind_of(words[i]) != FlightKind::kReceive || !times_[t].known(i)) continue;
        const auto sent = sends_.find(value_of(words[i]));
        if (sent != sends_.end()) f(t, i, sent->second);
      }
    }
  }

  void event(std::size_t t, std::size_t i, const char* phase, const std::string& name, Json more) {
    more["ph"] = phase;
    more["name"] = name;
    more["pid"] = 1;
    more["tid"] = c_.tracks[t].index;
    more["ts"] = us(t, i);
    out_ << (first_ ? "\n" : ",\n") << more.dump();
    first_ = false;
  }
  double us(std::size_t t, std::size_t i) const { return times_[t].at(i) / 1000.0; }

  void track(std::size_t t) {
    const auto& words = c_.tracks[t].events.words;
    Json label;
    label["ph"] = "M";
    label["name"] = "thread_name";
    label["pid"] = 1;
    label["tid"] = c_.tracks[t].index;
    label["args"] = {
        {"name", c_.tracks[t].label.empty() ? "thread " + std::to_string(c_.tracks[t].index) : c_.tracks[t].label}};
    out_ << (first_ ? "\n" : ",\n") << label.dump();
    first_ = false;
    for (std::size_t i = times_[t].first(); i < words.size(); ++i) one(t, i);
  }

  // A step ends where the next one begins, or the thread sleeps.
  std::size_t step_end(std::size_t t, std::size_t i) const {
    const auto& words = c_.tracks[t].events.words;
    for (std::size_t e = i + 1; e < words.size(); ++e) {
      const FlightKind k = kind_of(words[e]);
      if (k == FlightKind::kStep || k == FlightKind::kPark) return e;
    }
    return words.size();
  }

  void one(std::size_t t, std::size_t i) {
    const uint64_t word = c_.tracks[t].events.words[i];
    const uint64_t value = value_of(word);
    switch (kind_of(word)) {
      case FlightKind::kStep: {
        const double end =
            step_end(t, i) == c_.tracks[t].events.words.size() ? us(t, i) + 0.001 * kGuessNs : us(t, step_end(t, i));
        return event(t, i, "X", pid_text_(value), {{"cat", "step"}, {"dur", std::max(end - us(t, i), 0.001)}});
      }
      case FlightKind::kSend: {
        const uint64_t name = uint64_t{c_.tracks[t].index} << FlightRing::kPositionBits |
                              ((c_.tracks[t].events.first + i) & FlightRing::kPositionMask);
        if (received_.count(name) != 0) event(t, i, "s", "message", {{"cat", "message"}, {"id", name}});
        return instant(t, i, "send", {{"to", pid_text_(value)}});
      }
      case FlightKind::kReceive:
        if (sends_.count(value) != 0) event(t, i, "f", "message", {{"cat", "message"}, {"id", value}, {"bp", "e"}});
        return instant(t, i, "receive", Json::object());
      case FlightKind::kSpawn: return instant(t, i, "spawn", {{"child", pid_text_(value)}});
      case FlightKind::kExit: return instant(t, i, "exit", {{"process", pid_text_(value)}});
      case FlightKind::kPark: return instant(t, i, "park", Json::object());
      case FlightKind::kUnpark: return instant(t, i, "unpark", Json::object());
      case FlightKind::kSteal: return instant(t, i, "steal", {{"from", value >> 16}, {"count", value & 0xffff}});
      case FlightKind::kWake: return instant(t, i, "wake", {{"worker", value}});
      case FlightKind::kNone:
      case FlightKind::kTime: return;
    }
  }
  void instant(std::size_t t, std::size_t i, const char* name, Json arguments) {
    event(t, i, "i", name, {{"s", "t"}, {"cat", "runtime"}, {"args", std::move(arguments)}});
  }

  const FlightCapture& c_;
  const PidText& pid_text_;
  std::ostream& out_;
  std::vector<Timeline> times_;
  std::unordered_map<uint64_t, Place> sends_;
  std::unordered_map<uint64_t, bool> received_;
  bool first_ = true;
};

}  // namespace

FlightCapture capture_flight(const FlightRings& rings, uint64_t now_ns) {
  FlightCapture c;
  c.now_ns = now_ns;
  for (uint32_t i = 0; i < rings.count(); ++i) {
    const FlightRing& r = rings.at(i);
    FlightTrack t;
    t.index = r.index();
    t.label = r.label();
    t.events = r.snapshot();
    c.tracks.push_back(std::move(t));
  }
  return c;
}

bool write_chrome_trace(const FlightCapture& capture, const PidText& pid_text, std::ostream& out) {
  return Writer(capture, pid_text, out).write();
}

bool write_chrome_trace(const FlightCapture& capture, const PidText& pid_text, const std::string& path,
                        std::string& error) {
  const std::string part = path + ".part";
  {
    std::ofstream out(part, std::ios::trunc);
    if (!out || !write_chrome_trace(capture, pid_text, out)) {
      error = "cannot write " + part;
      return false;
    }
  }
  if (std::rename(part.c_str(), path.c_str()) == 0) return true;
  error = "cannot rename " + part + " to " + path;
  return false;
}

}  // namespace wippy::observe
