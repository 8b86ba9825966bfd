// From samples to a table and to JSON in Google Benchmark's format (context, benchmarks[]; extra keys under "wippy").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/harness.hpp"

namespace wippy::bench {

struct Sample {
  double value = 0;   // ns or bytes per operation
  double cpu_ns = 0;  // per operation; 0: not measured
  uint64_t ops = 0;
  uint32_t round = 0;
  std::string error;
};

struct Spread {
  double median = 0, min = 0, max = 0;
};
Spread spread_of(std::vector<double> values);  // not empty

class Report {
 public:
  void add(const Case& c, Sample s);
  bool failed(const Case& c) const;
  // "name | median [min-max] unit | × calibrators", one line per case, calibrators first.
  std::string table(const std::vector<const Case*>& cases) const;
  // False: the file could not be written.
  bool write_json(const std::string& file, const std::vector<const Case*>& cases,
                  const std::vector<std::pair<std::string, std::string>>& machine, const RunOptions& options) const;

 private:
  const std::vector<Sample>* samples_of(const std::string& name) const;
  std::vector<double> values_of(const std::string& name) const;
  double median_of(const std::string& name) const;  // 0: not measured

  std::map<std::string, std::vector<Sample>> samples_;
};

const char* unit_of(Metric m);
std::string number(double v);  // three significant digits or more

}  // namespace wippy::bench
