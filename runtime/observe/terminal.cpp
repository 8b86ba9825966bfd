#include "runtime/observe/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace wippy::observe {

bool stderr_is_terminal() noexcept {
#if defined(WIPPY_SIM)
  return false;
#else
  return isatty(STDERR_FILENO) == 1;
#endif
}

bool stderr_takes_color() noexcept {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* const term = std::getenv("TERM");
  return stderr_is_terminal() && (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace wippy::observe
