// The measured part of a case.
#pragma once

namespace wippy::bench {

void region_begins() noexcept;
void region_ends() noexcept;

}  // namespace wippy::bench
