// Pages at addresses that do not change from one program start to the next. The two areas lie where neither a non-PIE
// program nor its heap, libraries or stack are put by Linux (x86-64 and 48-bit arm64).
#pragma once

#include <cstddef>

namespace wippy::sim {

// Maps exactly there or not at all.
bool map_at(char* begin, std::size_t bytes, int protection) noexcept;
char* stack_area() noexcept;
// Forgets (and unmaps) all ranges map_fixed() gave out; the next one begins at the start of the area again. Between runs.
void reset_fixed_pages() noexcept;

}  // namespace wippy::sim
