// Recordings written by hand, and the written file read back as JSON.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/observe/flight_times.hpp"

namespace wippy::observe::test {

using Words = std::vector<uint64_t>;

constexpr uint64_t word(FlightKind kind, uint64_t value) { return FlightRing::word(kind, value); }
constexpr uint64_t name(uint64_t ring, uint64_t position) { return FlightRing::name(ring, position); }
constexpr uint64_t time_at(uint64_t ns) { return word(FlightKind::kTime, ns); }
constexpr uint64_t step(uint64_t pid) { return word(FlightKind::kStep, pid); }
constexpr uint64_t send(uint64_t to) { return word(FlightKind::kSend, to); }
constexpr uint64_t receive(uint64_t message) { return word(FlightKind::kReceive, message); }

inline FlightCapture capture_of(const std::vector<Words>& tracks, uint64_t now_ns, uint64_t first = 0) {
  FlightCapture c;
  c.now_ns = now_ns;
  for (uint32_t i = 0; i < tracks.size(); ++i) c.tracks.push_back({i, "", {first, tracks[i]}});
  return c;
}

inline std::string text_of(const FlightCapture& c) {
  std::ostringstream out;
  EXPECT_TRUE(write_chrome_trace(
      c, [](uint64_t pid) { return "p" + std::to_string(pid); }, out));
  return out.str();
}
// With times as whole nanoseconds: a double would not hold those of a damaged recording.
inline nlohmann::json events_of(const FlightCapture& c) {
  std::string text = text_of(c);
  for (const std::string key : {"\"ts\":", "\"dur\":"}) {
    for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += key.size()) {
      const std::size_t point = text.find('.', at);
      EXPECT_TRUE(text.find_first_not_of("0123456789", point + 1) == point + 4) << text.substr(at, 40);
      text.erase(point, 1);
      const std::size_t digits = at + key.size();  // no leading zeros in JSON
      const std::size_t kept = std::min(text.find_first_not_of('0', digits), point + 2);
      text.erase(digits, kept - digits);
    }
  }
  return nlohmann::json::parse(text).at("traceEvents");
}

inline std::vector<nlohmann::json> with_phase(const nlohmann::json& events, const std::string& phase) {
  std::vector<nlohmann::json> out;
  for (const auto& e : events) {
    if (e.at("ph") == phase) out.push_back(e);
  }
  return out;
}
inline int64_t ns_of(const nlohmann::json& time) { return time.get<int64_t>(); }

// What holds of every file, whatever was recorded. Returns the number of arrows.
inline std::size_t expect_sound(const nlohmann::json& events) {
  std::map<std::string, nlohmann::json> begun, ended;
  std::map<int, int64_t> last_ns, step_end_ns;
  std::map<int, std::vector<std::pair<int64_t, int64_t>>> steps;
  for (const auto& e : events) {
    const std::string phase = e.at("ph");
    if (phase == "M") continue;
    const int track = e.at("tid");
    const int64_t ns = ns_of(e.at("ts"));
    EXPECT_GE(ns, 0) << e;
    EXPECT_GE(ns, last_ns[track]) << "time goes back: " << e;
    last_ns[track] = ns;
    if (phase == "X") {
      const int64_t duration = ns_of(e.at("dur"));
      EXPECT_GT(duration, 0) << e;
      EXPECT_GE(ns, step_end_ns[track]) << "steps overlap: " << e;
      step_end_ns[track] = ns + duration;
      steps[track].push_back({ns, ns + duration});
    }
    if (phase == "s") {
      EXPECT_TRUE(begun.emplace(e.at("id"), e).second) << "twice: " << e;
    }
    if (phase == "f") {
      EXPECT_TRUE(ended.emplace(e.at("id"), e).second) << "twice: " << e;
    }
  }
  EXPECT_EQ(begun.size(), ended.size());
  for (const auto& [id, s] : begun) {
    if (ended.count(id) == 0) {
      ADD_FAILURE() << "no end: " << s;
      continue;
    }
    EXPECT_LT(ns_of(s.at("ts")), ns_of(ended[id].at("ts"))) << id << " arrives before it is sent";
    for (const auto& e : {s, ended[id]}) {
      const int64_t ns = ns_of(e.at("ts"));
      const auto& of_track = steps[e.at("tid")];
      EXPECT_TRUE(
          std::any_of(of_track.begin(), of_track.end(), [ns](const auto& p) { return p.first < ns && ns < p.second; }))
          << "outside every step: " << e;
    }
  }
  return begun.size();
}

}  // namespace wippy::observe::test
