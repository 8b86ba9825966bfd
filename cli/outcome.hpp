// What a command's process ended with, as an exit code (host.md §8.6).
#pragma once

#include <ostream>
#include <string_view>

namespace wippy::cli {

// value: the encoded value or error of the exit. Writes a returned string to `out`, an error to `err`.
int exit_code(bool abnormal, std::string_view value, std::ostream& out, std::ostream& err);

}  // namespace wippy::cli
