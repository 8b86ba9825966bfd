#include "runtime/host/capabilities.hpp"

#include <algorithm>

namespace wippy {

namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string on_host(std::string_view host_id, const EntryTraits& entry) {
  return " is not allowed on host " + std::string(host_id) + " (entry " + std::string(entry.id) + ")";
}

}  // namespace

// One star is retried at a time: a later one makes the earlier final, so the work is |pattern| × |text| at most.
bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool HostCapabilities::allows_module(std::string_view name) const noexcept {
  return !holds(rules_.deny_modules, name) && (!rules_.modules || holds(*rules_.modules, name));
}

std::string HostCapabilities::refusal(std::string_view host_id, const EntryTraits& entry) const {
  if (rules_.kinds && !holds(*rules_.kinds, entry.kind)) {
    return "kind " + std::string(entry.kind) + on_host(host_id, entry);
  }
  if (rules_.entries && std::none_of(rules_.entries->begin(), rules_.entries->end(),
                                     [&](const std::string& p) { return matches_pattern(p, entry.id); })) {
    return "entry " + std::string(entry.id) + " is not allowed on host " + std::string(host_id);
  }
  for (const std::string_view module : entry.modules) {
    if (!allows_module(module)) return "module '" + std::string(module) + "'" + on_host(host_id, entry);
  }
  return {};
}

}  // namespace wippy
