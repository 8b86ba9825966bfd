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

HostCapabilities::HostCapabilities(Rules rules) : rules_(std::move(rules)) {
  for (const std::string& text : rules_.entries.value_or(std::vector<std::string>{})) entries_.emplace_back(text);
}

bool HostCapabilities::allows_module(std::string_view name) const noexcept {
  return !holds(rules_.deny_modules, name) && (!rules_.modules || holds(*rules_.modules, name));
}

std::string HostCapabilities::refusal(std::string_view host_id, const EntryTraits& entry) const {
  if (rules_.kinds && !holds(*rules_.kinds, entry.kind)) {
    return "kind " + std::string(entry.kind) + on_host(host_id, entry);
  }
  if (rules_.entries &&
      std::none_of(entries_.begin(), entries_.end(), [&](const Wildcard& w) { return w.matches(entry.id); })) {
    return "entry " + std::string(entry.id) + " is not allowed on host " + std::string(host_id);
  }
  for (const std::string_view module : entry.modules) {
    if (!allows_module(module)) return "module '" + std::string(module) + "'" + on_host(host_id, entry);
  }
  return {};
}

}  // namespace wippy
