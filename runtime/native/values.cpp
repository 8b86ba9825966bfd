#include "runtime/native/values.hpp"

#include <charconv>
#include <cmath>

#include "runtime/process/node_core.hpp"

namespace wippy {

namespace {

// The whole text is a number.
template <class T>
bool parse(std::string_view text, T& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool take_number(const ValueItem& item, double& out) noexcept {
  if (item.token == Token::kString) return parse(item.text, out);
  out = item.token == Token::kNumber ? item.number : static_cast<double>(item.integer);
  return item.token == Token::kNumber || item.token == Token::kInteger;
}

bool take_integer(const ValueItem& item, std::int64_t& out) noexcept {
  constexpr double kBound = 9223372036854775808.0;  // 2^63
  if (item.token == Token::kString) return parse(item.text, out);
  out = item.integer;
  if (item.token == Token::kInteger) return true;
  if (item.token != Token::kNumber || !(item.number >= -kBound && item.number < kBound)) return false;
  out = static_cast<std::int64_t>(item.number);
  return std::trunc(item.number) == item.number;
}

bool ValueOf<Pid>::take(ValueInput& in, const ValueItem& item, Pid& out) {
  out = item.pid;
  if (item.token == Token::kPid) return true;
  return item.token == Token::kString && NodeCore::looks_like_pid(item.text) &&
         in.self.node().parse(item.text, out).ok();
}

}  // namespace wippy
