#include "cli/outcome.hpp"

#include <cmath>
#include <cstdint>

#include "mailbox/values.hpp"

namespace wippy::cli {

int exit_code(bool abnormal, std::string_view value, std::ostream& out, std::ostream& err) {
  ValueReader r;
  r.open_value(value);
  const ValueItem* item = value.empty() ? nullptr : &r.next();
  if (abnormal) {
    err << "Error: " << (item != nullptr && item->token == Token::kError ? item->text : "unknown error") << '\n'
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
