// `--only a,b,c`: which benches a program of the gate runs; empty: all.
#pragma once

#include <string_view>

namespace wippy::bench {

inline bool wanted(std::string_view only, std::string_view name) noexcept {
  if (only.empty()) return true;
  while (!only.empty()) {
    const std::size_t comma = only.find(',');
    if (only.substr(0, comma) == name) return true;
    only = comma == std::string_view::npos ? std::string_view{} : only.substr(comma + 1);
  }
  return false;
}

}  // namespace wippy::bench
