// Cache-line conventions. A line has one side that writes it (house.md §3.7): structs that cross threads are laid out in
// `alignas(kCacheLine)` groups, each headed by a comment that says who writes it.
#pragma once

#include <cstddef>

namespace wippy {

// 64 bytes on every target we build for; std::hardware_destructive_interference_size may differ between translation
// units compiled with other flags, so it is not used.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace wippy
