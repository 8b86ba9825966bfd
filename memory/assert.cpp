#include "memory/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace wippy {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "wippy: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace wippy
