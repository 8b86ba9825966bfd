#include "cli/inspect/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wippy::cli {

namespace {

using nlohmann::json;

struct Column {
  const char* title;
  bool right;
  std::string (*text)(const json& row);
};

std::string field(const json& row, const char* key, const char* missing = "-") {
  return row.value(key, std::string(missing));
}

std::string wait_text(const json& row) {
  const std::string wait = field(row, "wait", "none");
  if (wait == "none") return "-";
  return row.contains("waits_for") ? wait + " " + field(row, "waits_for") : wait;
}

const Column kColumns[] = {
    {"PID", false, [](const json& r) { return field(r, "pid"); }},
    {"ENTRY", false,
     [](const json& r) {
       std::string entry = field(r, "entry", "?");
       if (r.contains("names")) entry += " (" + r["names"][0].get<std::string>() + ")";
       return entry;
     }},
    {"STATE", false, [](const json& r) { return field(r, "state"); }},
    {"WAITS FOR", false, wait_text},
    {"CPU%", true, [](const json& r) { return fmt::format("{:.1f}", 100 * r.value("cpu", 0.0)); }},
    {"MAIL", true,
     [](const json& r) {
       if (!r.contains("mailbox")) return std::string("?");
       return std::to_string(r["mailbox"].get<uint64_t>()) + (r.value("mailbox_is_more", false) ? "+" : "");
     }},
    {"OLDEST", true,
     [](const json& r) { return r.contains("oldest_ms") ? age_text(r["oldest_ms"].get<uint64_t>()) : "-"; }},
    {"MEMORY", true,
     [](const json& r) { return r.contains("memory") ? bytes_text(r["memory"].get<uint64_t>()) : "?"; }},
    {"RESTARTS", true,
     [](const json& r) { return r.contains("restarts") ? std::to_string(r["restarts"].get<uint64_t>()) : "-"; }},
};

// Texts hold anything: only what is printable stays. Columns are counted in bytes, as IDs are ASCII.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  const char* const units[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 1000 && unit < 3) value /= 1000, ++unit;
  return fmt::format("{:.{}f} {}", value, value < 10 ? 1 : 0, units[unit]);
}

std::string age_text(uint64_t ms) {
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  if (ms < 3'600'000) return fmt::format("{}m{:02}s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{}h{:02}m", ms / 3'600'000, ms / 60'000 % 60);
}

std::vector<std::string> table_lines(const json& rows, std::size_t width) {
  constexpr std::size_t kCount = std::size(kColumns);
  std::vector<std::vector<std::string>> cells(1);
  std::size_t widths[kCount];
  for (std::size_t c = 0; c < kCount; ++c) {
    cells[0].emplace_back(kColumns[c].title);
    widths[c] = cells[0][c].size();
  }
  for (const json& row : rows) {
    std::vector<std::string>& line = cells.emplace_back();
    for (std::size_t c = 0; c < kCount; ++c) {
      line.push_back(printable(kColumns[c].text(row)));
      widths[c] = std::max(widths[c], line[c].size());
    }
  }
  std::vector<std::string> out;
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t c = 0; c < kCount; ++c) {
      text += kColumns[c].right ? fmt::format("{:>{}}", line[c], widths[c]) : fmt::format("{:<{}}", line[c], widths[c]);
      if (c + 1 < kCount) text += "  ";
    }
    if (width != 0 && text.size() > width) text.resize(width);
    out.push_back(std::move(text));
  }
  return out;
}

std::string summary_line(const json& answer) {
  std::string out = fmt::format("{} processes", answer.value("processes", 0));
  std::string states;
  for (const auto& [state, count] : answer["states"].items()) {
    states += fmt::format("{}{} {}", states.empty() ? ": " : ", ", count.get<uint64_t>(), state);
  }
  out += states;
  if (const int n = answer.value("unanswered", 0); n != 0) out += fmt::format("; {} did not answer in time", n);
  return out;
}

std::vector<std::string> deadlock_lines(const json& answer) {
  std::vector<std::string> out;
  for (const json& members : answer["deadlocks"]) {
    std::string line = fmt::format("deadlock of {}:", members.size());
    for (const json& m : members)
      line += printable(fmt::format(" {} {} ({}) ->", field(m, "pid"), field(m, "entry"), field(m, "wait")));
    out.push_back(line + " the first");
  }
  return out;
}

}  // namespace wippy::cli
