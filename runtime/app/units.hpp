// Durations and sizes as written in configuration (host.md §0.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wippy::app {

inline constexpr std::string_view kDurationForm = "a duration such as 250ms, 5s or 1m30s";
inline constexpr std::string_view kSizeForm = "a number of bytes or a size such as 512KiB, 64MiB or 1GiB";

// Nanoseconds. Numbers (with fraction) followed by ns, us, µs, ms, s, m or h, combined at will, an optional sign in
// front; "0" alone needs no unit. Nothing for malformed text or when the sum does not fit 63 bits.
std::optional<std::int64_t> parse_duration_ns(std::string_view text);

// Bytes. A whole number with an optional unit: B; KiB, MiB, GiB (also K, M, G: powers of 1024); KB, MB, GB (of 1000).
std::optional<std::int64_t> parse_size_bytes(std::string_view text);

}  // namespace wippy::app
