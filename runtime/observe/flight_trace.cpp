#include "runtime/observe/flight_trace.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "runtime/observe/flight_times.hpp"
#include "scheduler/clock.hpp"

namespace wippy::observe {

namespace {

// Written by hand: a full recording has a hundred thousand events, and JSON objects for each would take seconds.
class Writer {
 public:
  Writer(const FlightCapture& c, const PidText& pid_text, std::ostream& out)
      : c_(c), pid_text_(pid_text), out_(out), times_(c) {}

  bool write() {
    out_ << R"({"displayTimeUnit":"ns","otherData":{"start_monotonic_ns":")" << times_.earliest_ns()
         << R"("},"traceEvents":[)" << '\n'
         << R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"wippy"}})";
    for (std::size_t t = 0; t < c_.tracks.size(); ++t) track(t);
    out_ << "\n]}\n";
    return static_cast<bool>(out_);
  }

 private:
  using Event = FlightTimes::Event;

  static std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const std::string& pid(uint64_t value) {
    std::string& text = pids_[value];
    if (text.empty()) text = quoted(pid_text_(value));
    return text;
  }
  // Microseconds, the format's unit, with all digits.
  static std::string us(int64_t ns) {
    char text[32];
    char* end = std::to_chars(text, text + sizeof text, ns / 1000).ptr;
    const int64_t rest = ns % 1000;
    *end++ = '.';
    for (const int64_t digit : {rest / 100, rest / 10 % 10, rest % 10}) *end++ = static_cast<char>('0' + digit);
    return {text, end};
  }

  void head(const char* phase, const Event& e) {
    out_ << ",\n{\"ph\":\"" << phase << R"(","pid":1,"tid":)" << c_.tracks[e.track].index
         << ",\"ts\":" << us(e.ns - times_.earliest_ns());
  }
  void instant(const Event& e, const char* name) { instant(e, name, "", ""); }
  void instant(const Event& e, const char* name, const char* key, const std::string& value) {
    head("i", e);
    out_ << R"(,"s":"t","name":")" << name << '"';
    if (*key != 0) out_ << R"(,"args":{")" << key << "\":" << value << '}';
    out_ << '}';
  }
  // The id is text: a number of more than 53 bits would not survive a viewer written in JavaScript.
  void arrow(const Event& e, const char* phase, uint64_t name) {
    char id[32];
    std::snprintf(id, sizeof id, "0x%llx", static_cast<unsigned long long>(name));
    head(phase, e);
    out_ << R"(,"cat":"message","name":"message","id":")" << id << '"' << (*phase == 'f' ? R"(,"bp":"e"})" : "}");
  }

  void track(std::size_t t) {
    const uint32_t index = c_.tracks[t].index;
    const std::string& label = c_.tracks[t].label;
    out_ << ",\n"
         << R"({"ph":"M","pid":1,"tid":)" << index << R"(,"name":"thread_name","args":{"name":)"
         << quoted(label.empty() ? "thread " + std::to_string(index) : label) << "}}";
    for (std::size_t i = times_.begin(t); i < times_.end(t); ++i) one(times_.events()[i], i);
  }

  void step(const Event& e, std::size_t i) {
    std::size_t end = i + 1;  // steps lie one behind the other: all these walks together are one
    while (end < times_.end(e.track) && !ends_step(flight_kind(times_.events()[end].word))) ++end;
    const int64_t end_ns =
        end < times_.end(e.track) ? times_.events()[end].ns : times_.events()[end - 1].ns + 1;  // the last one of all
    head("X", e);
    out_ << ",\"dur\":" << us(end_ns - e.ns) << ",\"name\":" << pid(flight_value(e.word)) << '}';
  }

  void one(const Event& e, std::size_t i) {
    const uint64_t value = flight_value(e.word);
    const bool whole = e.partner != FlightTimes::kNone;
    switch (flight_kind(e.word)) {
      case FlightKind::kStep: return step(e, i);
      case FlightKind::kSend: return whole ? arrow(e, "s", e.name) : instant(e, "send", "to", pid(value));
      case FlightKind::kReceive: return whole ? arrow(e, "f", value) : instant(e, "receive");
      case FlightKind::kSpawn: return instant(e, "spawn", "child", pid(value));
      case FlightKind::kExit: return instant(e, "exit", "process", pid(value));
      case FlightKind::kUpgrade: return instant(e, "upgrade", "process", pid(value));
      case FlightKind::kPause: return instant(e, "recorder pauses: too many events");
      case FlightKind::kPark: return instant(e, "park");
      case FlightKind::kUnpark: return instant(e, "unpark");
      case FlightKind::kSteal: return instant(e, "steal", "from_worker", std::to_string(value >> 16));
      case FlightKind::kWake: return instant(e, "wake", "worker", std::to_string(value));
      case FlightKind::kTime:
      case FlightKind::kLongStep: return;
    }
  }

  const FlightCapture& c_;
  const PidText& pid_text_;
  std::ostream& out_;
  const FlightTimes times_;
  std::unordered_map<uint64_t, std::string> pids_;
};

}  // namespace

FlightCapture capture_flight(const FlightRings& rings) {
  FlightCapture c;
  for (uint32_t i = 0; i < rings.count(); ++i) {
    const FlightRingBase& r = rings.at(i);
    FlightTrack t;
    t.index = r.index();
    t.label = rings.label_of(r);
    t.events = r.snapshot();
    c.tracks.push_back(std::move(t));
  }
  c.now_ns = monotonic_ns();  // later than all of it
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
    bool whole = out && write_chrome_trace(capture, pid_text, out);
    out.close();  // writes the rest
    whole = whole && out;
    if (!whole) {
      std::remove(part.c_str());
      error = "cannot write " + part;
      return false;
    }
  }
  if (std::rename(part.c_str(), path.c_str()) == 0) return true;
  std::remove(part.c_str());
  error = "cannot rename " + part + " to " + path;
  return false;
}

}  // namespace wippy::observe
