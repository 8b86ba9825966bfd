// A line has one side that writes it (house.md §3.7): structs that cross threads are laid out in `alignas(kCacheLine)`
// groups, each headed by a comment that says who writes it.
#pragma once

#include <cstddef>

namespace wippy {
// Not std::hardware_destructive_interference_size, which may differ between translation units with other flags.
inline constexpr std::size_t kCacheLine = 64;
}  // namespace wippy
