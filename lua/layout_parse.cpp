// Reading a text by a layout. The order: fields one by one, then what only all of them together can say (am and pm, the day
// of the year, the length of the month), then the zone.
#include "lua/layout.hpp"

#include <algorithm>

namespace wippy::lua {

namespace {

constexpr int kUnset = -1;
constexpr int kHoursOfOffset = 23;  // of "GMT+3" and "+03" as abbreviations

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
char lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_fraction_mark(char c) noexcept { return c == '.' || c == ','; }

std::size_t count_digits(std::string_view text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return static_cast<std::size_t>(end - text.begin());
}

// The signed hours at the start of an abbreviation such as "+03" or the rest of "GMT-3". 0: none.
std::size_t length_of_hours(std::string_view text, int& hours) noexcept {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return 0;
  const std::size_t digits = count_digits(text.substr(1));
  if (digits == 0) return 0;
  int value = 0;
  for (const char c : text.substr(1, digits)) {
    value = value * 10 + (c - '0');
    if (value > kHoursOfOffset) return 0;
  }
  hours = text.front() == '-' ? -value : value;
  return digits + 1;
}

// Abbreviations: three capitals; four that end in T, and WITA; five that end in T; ChST and MeST; GMT with hours; hours alone.
std::size_t length_of_abbreviation(std::string_view text) noexcept {
  int hours = 0;
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + length_of_hours(text.substr(3), hours);
  if (!is_upper(text.front())) return length_of_hours(text, hours);
  const auto end = std::find_if_not(text.begin(), text.end(), is_upper);
  const auto capitals = static_cast<std::size_t>(end - text.begin());
  if (capitals == 3) return 3;
  if (capitals == 4) return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
  return capitals == 5 && text[4] == 'T' ? 5 : 0;
}

class LayoutReader {
 public:
  LayoutReader(std::string_view layout, std::string_view text, ParsedTime& out, ParseProblem& problem) noexcept
      : layout_(layout), text_(text), out_(out), problem_(problem) {}

  bool read() noexcept {
    for (;;) {
      const LayoutToken token = next_token(layout_);
      if (!skip(token.literal)) return false;
      if (token.field == Field::kNone) break;
      problem_.rest = text_;
      problem_.wanted = token.text;
      if (!read_field(token)) return false;
    }
    problem_.rest = text_;
    problem_.wanted = {};
    return text_.empty() && complete();
  }

 private:
  bool out_of_range(const char* part) noexcept {
    problem_.out_of_range = part;
    return false;
  }

  // A run of spaces stands for any number of them, also none at the end of the text.
  bool skip(std::string_view literal) noexcept {
    problem_.rest = text_;
    problem_.wanted = literal;
    while (!literal.empty()) {
      if (literal.front() == ' ') {
        if (!text_.empty() && text_.front() != ' ') return false;
        literal.remove_prefix(std::min(literal.find_first_not_of(' '), literal.size()));
        text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
        continue;
      }
      if (text_.empty() || text_.front() != literal.front()) return false;
      literal.remove_prefix(1);
      text_.remove_prefix(1);
    }
    return true;
  }

  std::string_view take(std::size_t n) noexcept {
    const std::string_view taken = text_.substr(0, n);
    text_.remove_prefix(taken.size());
    return taken;
  }

  // Exactly `digits` digits, or with `shorter` at least one.
  bool number(std::size_t digits, bool shorter, int& value) noexcept {
    const std::size_t found = std::min(count_digits(text_), digits);
    if (found == 0 || (found < digits && !shorter)) return false;
    value = 0;
    for (const char c : take(found)) value = value * 10 + (c - '0');
    return true;
  }
  bool two_digits(const LayoutToken& token, int& value) noexcept {
    return number(2, token.padding != Padding::kZero, value);
  }

  // One of `names`, in any case; `length` 0: written out. Its position from 0.
  template <std::size_t n>
  bool name_of(const std::string_view (&names)[n], std::size_t length, int& value) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      const std::string_view name = length == 0 ? names[i] : names[i].substr(0, length);
      if (!same_word(text_.substr(0, name.size()), name)) continue;
      text_.remove_prefix(name.size());
      value = static_cast<int>(i);
      return true;
    }
    return false;
  }

  bool read_field(const LayoutToken& token) noexcept {
    int ignored = 0;
    switch (token.field) {
      case Field::kNone: return true;
      case Field::kYear: return number(4, false, year_);
      case Field::kYearOfCentury:
        if (!number(2, false, year_)) return false;
        year_ += year_ >= 69 ? 1900 : 2000;
        return true;
      case Field::kMonthName:
      case Field::kMonthShort:
        if (!name_of(kMonthNames, token.field == Field::kMonthShort ? kShortName : 0, month_)) return false;
        ++month_;
        return true;
      case Field::kMonth:
        if (!two_digits(token, month_)) return false;
        return (month_ >= 1 && month_ <= 12) || out_of_range("month");
      case Field::kWeekdayName: return name_of(kWeekdayNames, 0, ignored);
      case Field::kWeekdayShort: return name_of(kWeekdayNames, kShortName, ignored);
      case Field::kDay:
        if (token.padding == Padding::kSpace && text_.starts_with(' ')) text_.remove_prefix(1);
        return two_digits(token, day_);
      case Field::kYearDay:
        for (int i = 0; i < 2 && token.padding == Padding::kSpace && text_.starts_with(' '); ++i)
          text_.remove_prefix(1);
        return number(3, token.padding != Padding::kZero, year_day_);
      default: return read_clock(token);
    }
  }

  bool read_clock(const LayoutToken& token) noexcept {
    switch (token.field) {
      case Field::kHour: return number(2, true, hour_) && (hour_ < 24 || out_of_range("hour"));
      case Field::kHour12: return two_digits(token, hour_) && (hour_ <= 12 || out_of_range("hour"));
      case Field::kMinute: return two_digits(token, minute_) && (minute_ < 60 || out_of_range("minute"));
      case Field::kSecond:
        if (!two_digits(token, second_)) return false;
        return second_ < 60 ? read_unnamed_fraction() : out_of_range("second");
      case Field::kFraction: return read_fraction(token);
      case Field::kAmPm: {
        const std::string_view word = take(2);
        is_pm_ = word == (token.lower ? "pm" : "PM");
        is_am_ = word == (token.lower ? "am" : "AM");
        return is_pm_ || is_am_;
      }
      case Field::kAbbreviation: return read_abbreviation();
      default: return read_offset(token);
    }
  }

  // After seconds a fraction is read even if the layout has none.
  bool read_unnamed_fraction() noexcept {
    std::string_view rest = layout_;
    const LayoutToken next = next_token(rest);
    if (next.field == Field::kFraction && next.literal.empty()) return true;
    return !starts_with_fraction() || take_fraction(1 + count_digits(text_.substr(1)));
  }

  bool starts_with_fraction() const noexcept {
    return text_.size() >= 2 && is_fraction_mark(text_[0]) && is_digit(text_[1]);
  }

  bool read_fraction(const LayoutToken& token) noexcept {
    if (token.trim) return !starts_with_fraction() || take_fraction(1 + count_digits(text_.substr(1)));
    const std::size_t length = std::size_t{1} + token.digits;
    return starts_with_fraction() && 1 + count_digits(text_.substr(1)) >= length && take_fraction(length);
  }

  // The mark and digits; those beyond the ninth are below a nanosecond.
  bool take_fraction(std::size_t length) noexcept {
    constexpr std::size_t kDigits = 9;
    const std::string_view digits = take(length).substr(1);
    nanos_ = 0;
    for (std::size_t i = 0; i < kDigits; ++i) nanos_ = nanos_ * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    return true;
  }

  bool read_abbreviation() noexcept {
    if (text_.starts_with("UTC")) {
      text_.remove_prefix(3);
      out_.is_utc = true;
      return true;
    }
    const std::size_t length = length_of_abbreviation(text_);
    out_.abbreviation = take(length);
    return length != 0;
  }

  bool read_offset(const LayoutToken& token) noexcept {
    if (token.z && text_.starts_with('Z')) {
      text_.remove_prefix(1);
      out_.is_utc = true;
      return true;
    }
    const std::string_view sign = take(1);
    if (sign != "+" && sign != "-") return false;
    int part[3] = {0, 0, 0};
    for (int i = 0; i < token.parts; ++i) {
      if (i != 0 && token.colon && take(1) != ":") return false;
      if (!number(2, false, part[i])) return false;
    }
    if (part[0] > 24) return out_of_range("time zone offset hour");
    if (part[1] > 60) return out_of_range("time zone offset minute");
    if (part[2] > 60) return out_of_range("time zone offset second");
    const int size = part[0] * 3600 + part[1] * 60 + part[2];
    out_.offset_s = sign == "-" ? -size : size;
    out_.has_offset = true;
    return true;
  }

  bool complete() noexcept {
    if (is_pm_ && hour_ < 12) hour_ += 12;
    if (is_am_ && hour_ == 12) hour_ = 0;
    if (year_day_ != kUnset && !place_year_day()) return false;
    if (month_ == kUnset) month_ = 1;
    if (day_ == kUnset) day_ = 1;
    if (day_ < 1 || day_ > days_in_month(month_, year_)) return out_of_range("day");
    out_.parts = {year_, month_, day_, hour_, minute_, second_, nanos_};
    return true;
  }

  // Month and day that the text also names must agree.
  bool place_year_day() noexcept {
    if (year_day_ < 1 || year_day_ > (is_leap_year(year_) ? 366 : 365)) return out_of_range("day-of-year");
    int month = 1;
    int day = year_day_;
    while (day > days_in_month(month, year_)) day -= days_in_month(month++, year_);
    if (month_ != kUnset && month_ != month) return out_of_range("day-of-year does not match month");
    if (day_ != kUnset && day_ != day) return out_of_range("day-of-year does not match day");
    month_ = month;
    day_ = day;
    return true;
  }

  std::string_view layout_;
  std::string_view text_;
  ParsedTime& out_;
  ParseProblem& problem_;
  int year_ = 0;
  int month_ = kUnset;
  int day_ = kUnset;
  int year_day_ = kUnset;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int nanos_ = 0;
  bool is_pm_ = false;
  bool is_am_ = false;
};

// An abbreviation that the local zone does not know: "GMT+3" says its offset, others count as UTC under that name.
Zone zone_of_abbreviation(std::string_view abbreviation) noexcept {
  int hours = 0;
  if (abbreviation.size() > 3 && abbreviation.starts_with("GMT")) length_of_hours(abbreviation.substr(3), hours);
  return Zone::fixed(abbreviation, hours * 3600);
}

}  // namespace

bool parse_layout(std::string_view layout, std::string_view text, ParsedTime& out, ParseProblem& problem) noexcept {
  return LayoutReader(layout, text, out, problem).read();
}

ParsedInstant instant_of(const ParsedTime& parsed, const Zone& local) noexcept {
  ParsedInstant r;
  int64_t wall = 0;
  wall_seconds_of(parsed.parts, wall, r.nanos);  // four digits of a year always fit
  if (parsed.is_utc) {
    r.unix_s = wall;
    return r;
  }
  if (parsed.has_offset) {
    r.unix_s = wall - parsed.offset_s;
    const ZoneMoment m = local.at(r.unix_s);
    const bool is_local =
        m.offset_s == parsed.offset_s && (parsed.abbreviation.empty() || m.abbreviation == parsed.abbreviation);
    r.zone = is_local ? local : Zone::fixed(parsed.abbreviation, parsed.offset_s);
    return r;
  }
  int32_t offset_s = 0;
  if (parsed.abbreviation.empty()) {
    r.unix_s = local.unix_s(wall);
    r.zone = local;
  } else if (local.find_offset(parsed.abbreviation, wall, offset_s)) {
    r.unix_s = wall - offset_s;
    r.zone = local;
  } else {
    r.zone = zone_of_abbreviation(parsed.abbreviation);
    r.unix_s = wall - r.zone.at(0).offset_s;
  }
  return r;
}

}  // namespace wippy::lua
