#include "cli/outcome.hpp"

#include <cmath>
#include <cstdint>

#include "mailbox/values.hpp"

namespace wippy::cli {

const char* error_label(bool colored) noexcept { return colored ? "\x1b[1;31mError:\x1b[0m " : "Error: "; }
const char* warning_label(bool colored) noexcept { return colored ? "\x1b[1;33mWarning:\x1b[0m " : "Warning: "; }

int exit_code(bool abnormal, std::string_view value, std::ostream& out, std::ostream& err, bool colored_err) {
  ValueReader r;
  r.open_value(value);
  const ValueItem* item = value.empty() ? nullptr : &r.next();
  if (abnormal) {
    err << error_label(colored_err) << (item != nullptr && item->token == Token::kError ? item->text : "unknown error")
        << '\n'
        << std::flush;
    return 1;
  }
  if (item == nullptr) return 0;
  switch (item->token) {
    case Token::kString: out << item->text << '\n' << std::flush; return 0;
    case Token::kInteger: return static_cast<int>(item->integer & 0xff);
    case Token::kNumber:
      return std::isfinite(item->number)
                 ? static_cast<int>(static_cast<int64_t>(std::fmod(std::trunc(item->number), 256.0)) & 0xff)
                 : 1;
    case Token::kFalse: return 1;
    default: return 0;
  }
}

}  // namespace wippy::cli
