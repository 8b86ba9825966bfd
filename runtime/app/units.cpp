#include "runtime/app/units.hpp"

#include <array>
#include <limits>
#include <utility>

namespace wippy::app {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

// Longer names first where one begins another.
constexpr std::array<Unit, 8> kTimeUnits{{{"ns", 1},
                                          {"us", 1'000},
                                          {"\xC2\xB5s", 1'000},  // µ, micro sign
                                          {"\xCE\xBCs", 1'000},  // μ, Greek letter
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 11> kSizeUnits{{{"", 1},
                                           {"B", 1},
                                           {"K", 1LL << 10},
                                           {"KiB", 1LL << 10},
                                           {"M", 1LL << 20},
                                           {"MiB", 1LL << 20},
                                           {"G", 1LL << 30},
                                           {"GiB", 1LL << 30},
                                           {"KB", 1'000},
                                           {"MB", 1'000'000},
                                           {"GB", 1'000'000'000}}};

__extension__ using Wide = __int128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes leading digits off `text`; false when they do not fit.
bool take_digits(std::string_view& text, std::int64_t& value, std::size_t& count) {
  for (count = 0; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++count) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text.front() - '0', &value))
      return false;
  }
  return true;
}

// The digits behind the point, as a part of `unit`, rounded down; digits finer than a nanosecond of an hour are dropped.
std::int64_t fraction_of(std::string_view digits, std::int64_t unit) {
  constexpr std::size_t kUsefulDigits = 15;
  std::int64_t numerator = 0;
  std::int64_t scale = 1;
  for (const char digit : digits.substr(0, kUsefulDigits)) {
    scale *= 10;
    numerator = numerator * 10 + (digit - '0');
  }
  return static_cast<std::int64_t>(static_cast<Wide>(numerator) * unit / scale);
}

std::optional<Unit> take_time_unit(std::string_view& text) {
  const Unit* best = nullptr;
  for (const Unit& unit : kTimeUnits) {
    if (text.starts_with(unit.first) && (best == nullptr || unit.first.size() > best->first.size())) best = &unit;
  }
  if (best == nullptr) return std::nullopt;
  text.remove_prefix(best->first.size());
  return *best;
}

// One "1.5h" from the front of `text`, in nanoseconds.
std::optional<std::int64_t> take_term(std::string_view& text) {
  std::int64_t whole = 0;
  std::size_t whole_digits = 0;
  if (!take_digits(text, whole, whole_digits)) return std::nullopt;
  std::string_view fraction;
  std::size_t fraction_digits = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    while (fraction_digits < text.size() && is_digit(text[fraction_digits])) ++fraction_digits;
    fraction = text.substr(0, fraction_digits);
    text.remove_prefix(fraction_digits);
  }
  if (whole_digits + fraction_digits == 0) return std::nullopt;
  const std::optional<Unit> unit = take_time_unit(text);
  if (!unit) return std::nullopt;
  std::int64_t term = 0;
  if (__builtin_mul_overflow(whole, unit->second, &term)) return std::nullopt;
  if (__builtin_add_overflow(term, fraction_of(fraction, unit->second), &term)) return std::nullopt;
  return term;
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  while (!text.empty()) {
    const std::optional<std::int64_t> term = take_term(text);
    if (!term || __builtin_add_overflow(sum, *term, &sum)) return std::nullopt;
  }
  return negative ? -sum : sum;
}

std::optional<std::int64_t> parse_size_bytes(std::string_view text) {
  std::int64_t value = 0;
  std::size_t digits = 0;
  if (!take_digits(text, value, digits) || digits == 0) return std::nullopt;
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& [name, factor] : kSizeUnits) {
    if (text != name) continue;
    if (__builtin_mul_overflow(value, factor, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace wippy::app
