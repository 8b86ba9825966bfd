#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/placement.hpp"

namespace wippy::bench {

using Json = nlohmann::ordered_json;

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {median, values.front(), values.back()};
}

const char* unit_of(Metric m) {
  switch (m) {
    case Metric::kTime: return "ns";
    case Metric::kCpu: return "ns CPU";
    case Metric::kBytes: return "bytes";
  }
  return "";
}

std::string number(double v) {
  if (v >= 1000) return fmt::format("{:.0f}", v);
  if (v >= 100) return fmt::format("{:.0f}", v);
  if (v >= 10) return fmt::format("{:.1f}", v);
  return fmt::format("{:.2f}", v);
}

void Report::add(const Case& c, Sample s) { samples_[c.name].push_back(std::move(s)); }

const std::vector<Sample>* Report::samples_of(const std::string& name) const {
  const auto it = samples_.find(name);
  return it == samples_.end() || it->second.empty() ? nullptr : &it->second;
}

bool Report::failed(const Case& c) const {
  const std::vector<Sample>* all = samples_of(c.name);
  return all == nullptr || std::any_of(all->begin(), all->end(), [](const Sample& s) { return !s.error.empty(); });
}

std::vector<double> Report::values_of(const std::string& name) const {
  std::vector<double> out;
  if (const std::vector<Sample>* all = samples_of(name)) {
    for (const Sample& s : *all) {
      if (s.error.empty()) out.push_back(s.value);
    }
  }
  return out;
}

double Report::median_of(const std::string& name) const {
  std::vector<double> v = values_of(name);
  return v.empty() ? 0 : spread_of(std::move(v)).median;
}

std::string Report::table(const std::vector<const Case*>& cases) const {
  std::string out;
  for (const Case* c : cases) {
    if (failed(*c)) {
      const std::vector<Sample>* all = samples_of(c->name);
      std::string why = "not run";
      for (const Sample& s : all == nullptr ? std::vector<Sample>{} : *all) {
        if (!s.error.empty()) why = s.error;
      }
      out += fmt::format("{:<36} WRONG: {}\n", c->name, why);
      continue;
    }
    const Spread s = spread_of(values_of(c->name));
    out += fmt::format("{:<36} {:>9} [{}-{}] {}", c->name, number(s.median), number(s.min), number(s.max),
                       unit_of(c->metric));
    for (const std::string& k : c->calibrators) {
      const double unit = median_of("calibrator/" + k);
      if (unit > 0) out += fmt::format("  {}x{}", number(s.median / unit), k);
    }
    out += "\n";
  }
  return out;
}

namespace {

Json summary_of(const Case& c, const Spread& s, const std::vector<Sample>& samples) {
  Json j;
  j["name"] = c.name;
  j["operation"] = c.operation;
  j["unit"] = unit_of(c.metric);
  j["ops"] = samples.front().ops;
  j["median"] = s.median;
  j["min"] = s.min;
  j["max"] = s.max;
  std::vector<double> cpu;
  for (const Sample& x : samples) {
    if (x.cpu_ns > 0) cpu.push_back(x.cpu_ns);
  }
  if (!cpu.empty()) {
    const Spread k = spread_of(std::move(cpu));
    j["cpu_median"] = k.median;
    j["cpu_min"] = k.min;
    j["cpu_max"] = k.max;
  }
  return j;
}

Json run_entry(const Case& c, const Sample& s, std::size_t index, std::size_t count, std::size_t family) {
  Json j;
  j["name"] = c.name;
  j["family_index"] = family;
  j["per_family_instance_index"] = 0;
  j["run_name"] = c.name;
  j["run_type"] = "iteration";
  j["repetitions"] = count;
  j["repetition_index"] = index;
  j["threads"] = 1;
  if (!s.error.empty()) {
    j["error_occurred"] = true;
    j["error_message"] = s.error;
  }
  j["iterations"] = s.ops;
  j["real_time"] = s.value;
  j["cpu_time"] = s.cpu_ns;
  j["time_unit"] = "ns";
  return j;
}

std::string now_text() {
  const std::time_t t = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&t, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
  return text;
}

}  // namespace

bool Report::write_json(const std::string& file, const std::vector<const Case*>& cases,
                        const std::vector<std::pair<std::string, std::string>>& machine,
                        const RunOptions& options) const {
  Json doc;
  doc["context"]["date"] = now_text();
  doc["context"]["executable"] = "wippy-bench";
  doc["context"]["num_cpus"] = usable_cpus().size();
  doc["context"]["library_build_type"] = "release";
  for (const auto& [key, value] : machine) doc["context"][key] = value;
  doc["context"]["placement"] = placement_lines();
  doc["benchmarks"] = Json::array();
  Json& ours = doc["wippy"];
  ours["schema"] = 1;
  ours["repeats"] = options.repeats;
  ours["filter"] = options.filter;
  ours["cases"] = Json::array();
  for (std::size_t family = 0; family < cases.size(); ++family) {
    const Case& c = *cases[family];
    const std::vector<Sample>* all = samples_of(c.name);
    if (all == nullptr) continue;
    // Google Benchmark's tools compare times; a case in bytes stands only under "wippy".
    for (std::size_t i = 0; c.metric != Metric::kBytes && i < all->size(); ++i) {
      doc["benchmarks"].push_back(run_entry(c, (*all)[i], i, all->size(), family));
    }
    if (failed(c)) continue;
    const Spread s = spread_of(values_of(c.name));
    Json j = summary_of(c, s, *all);
    for (const std::string& k : c.calibrators) {
      const double unit = median_of("calibrator/" + k);
      if (unit > 0) j["multiples"][k] = s.median / unit;
    }
    ours["cases"].push_back(j);
  }
  std::ofstream out(file);
  out << doc.dump(1) << "\n";
  return out.good();
}

}  // namespace wippy::bench
