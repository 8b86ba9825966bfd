// How much a stress test does: WIPPY_STRESS_SCALE in percent (default 100); sanitizer builds do a tenth by themselves.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace wippy {

inline uint32_t stress_scale(uint32_t n) {
  uint64_t percent = 100;
  if (const char* text = std::getenv("WIPPY_STRESS_SCALE")) percent = std::strtoull(text, nullptr, 10);
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  percent = (percent + 9) / 10;
#endif
  const uint64_t scaled = n * percent / 100;
  return scaled < 16 ? 16 : static_cast<uint32_t>(scaled);
}

}  // namespace wippy
