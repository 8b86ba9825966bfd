#include "memory/assert.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace wippy {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  die("assertion failed: %s (%s:%d)", expression, file, line);
}

void die(const char* format, ...) noexcept {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("wippy: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace wippy
