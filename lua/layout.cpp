#include "lua/layout.hpp"

#include <algorithm>
#include <cstdio>

namespace wippy::lua {

const std::string_view kMonthNames[12] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};
const std::string_view kWeekdayNames[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};

namespace {

constexpr LayoutToken plain(std::string_view text, Field field, Padding padding = Padding::kNone) {
  LayoutToken t;
  t.text = text;
  t.field = field;
  t.padding = padding;
  return t;
}

constexpr LayoutToken am_pm(std::string_view text, bool lower) {
  LayoutToken t = plain(text, Field::kAmPm);
  t.lower = lower;
  return t;
}

// "Z07:00": parts 2, a colon, z.
constexpr LayoutToken offset(std::string_view text, uint8_t parts) {
  LayoutToken t = plain(text, Field::kOffset);
  t.parts = parts;
  t.z = text.front() == 'Z';
  t.colon = text.find(':') != std::string_view::npos;
  return t;
}

// Of two that begin alike the longer comes first.
constexpr LayoutToken kFields[] = {
    plain("January", Field::kMonthName),
    plain("Jan", Field::kMonthShort),
    plain("Monday", Field::kWeekdayName),
    plain("Mon", Field::kWeekdayShort),
    plain("MST", Field::kAbbreviation),
    plain("002", Field::kYearDay, Padding::kZero),
    plain("01", Field::kMonth, Padding::kZero),
    plain("02", Field::kDay, Padding::kZero),
    plain("03", Field::kHour12, Padding::kZero),
    plain("04", Field::kMinute, Padding::kZero),
    plain("05", Field::kSecond, Padding::kZero),
    plain("06", Field::kYearOfCentury),
    plain("15", Field::kHour, Padding::kZero),
    plain("1", Field::kMonth),
    plain("2006", Field::kYear),
    plain("2", Field::kDay),
    plain("__2", Field::kYearDay, Padding::kSpace),
    plain("_2", Field::kDay, Padding::kSpace),
    plain("3", Field::kHour12),
    plain("4", Field::kMinute),
    plain("5", Field::kSecond),
    am_pm("PM", false),
    am_pm("pm", true),
    offset("-07:00:00", 3),
    offset("-070000", 3),
    offset("-07:00", 2),
    offset("-0700", 2),
    offset("-07", 1),
    offset("Z07:00:00", 3),
    offset("Z070000", 3),
    offset("Z07:00", 2),
    offset("Z0700", 2),
    offset("Z07", 1),
};

bool is_digit_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

// ".000", ",999": a separator and one digit repeated, with no other digit behind.
bool find_fraction(std::string_view rest, LayoutToken& out) noexcept {
  if (rest.front() != '.' && rest.front() != ',') return false;
  if (rest.size() < 2 || (rest[1] != '0' && rest[1] != '9')) return false;
  const std::size_t end = std::min(rest.find_first_not_of(rest[1], 1), rest.size());
  if (is_digit_at(rest, end)) return false;
  out = plain(rest.substr(0, end), Field::kFraction);
  out.trim = rest[1] == '9';
  out.digits = static_cast<uint16_t>(end - 1);
  return true;
}

// "Jan" and "Mon" are words of their own, not beginnings of "Janus" and "Month"; in "_2006" the year follows a literal.
bool is_field_here(const LayoutToken& field, std::string_view rest) noexcept {
  if (field.field == Field::kMonthShort || field.field == Field::kWeekdayShort) {
    return rest.size() == kShortName || rest[kShortName] < 'a' || rest[kShortName] > 'z';
  }
  return !(field.text == "_2" && rest.starts_with("_2006"));
}

bool find_field(std::string_view rest, LayoutToken& out) noexcept {
  if (find_fraction(rest, out)) return true;
  for (const LayoutToken& f : kFields) {
    if (f.text.front() != rest.front() || !rest.starts_with(f.text)) continue;
    if (!is_field_here(f, rest)) continue;
    out = f;
    return true;
  }
  return false;
}

}  // namespace

LayoutToken next_token(std::string_view& layout) noexcept {
  LayoutToken token;
  std::size_t at = 0;
  while (at < layout.size() && !find_field(layout.substr(at), token)) ++at;
  token.literal = layout.substr(0, at);
  layout.remove_prefix(at + token.text.size());
  return token;
}

ShownTime show_time(int64_t unix_s, uint32_t nanos, const Zone& zone) noexcept {
  const ZoneMoment m = zone.at(unix_s);
  return {civil_of(add_saturated(unix_s, m.offset_s)), nanos, m};
}

namespace {

using Buffer = char (&)[kFieldBytes];

// snprintf into a field's buffer; fields never fill it.
template <class... Values>
std::string_view print(Buffer out, const char* format, Values... values) noexcept {
  return {out, static_cast<std::size_t>(std::snprintf(out, kFieldBytes, format, values...))};
}

std::string_view print_number(Buffer out, int value, int width, Padding padding) noexcept {
  if (padding == Padding::kNone) return print(out, "%d", value);
  return padding == Padding::kZero ? print(out, "%0*d", width, value) : print(out, "%*d", width, value);
}

// At least four digits besides the sign.
std::string_view print_year(Buffer out, int64_t year) noexcept {
  return print(out, year < 0 ? "%05lld" : "%04lld", static_cast<long long>(year));
}

std::string_view print_fraction(Buffer out, const LayoutToken& token, uint32_t nanos) noexcept {
  constexpr std::size_t kDigits = 9;
  print(out, "%c%09u", token.text.front(), nanos);
  std::size_t digits = std::min<std::size_t>(token.digits, kDigits);
  while (token.trim && digits > 0 && out[digits] == '0') --digits;
  return {out, digits == 0 ? 0 : digits + 1};
}

// The sign is that of the minutes: an offset of less than one is shown as +00:00.
std::string_view print_offset(Buffer out, const LayoutToken& token, int32_t offset_s) noexcept {
  if (token.z && offset_s == 0) return "Z";
  const int minutes = offset_s / 60;
  const char sign = minutes < 0 ? '-' : '+';
  const int64_t size = minutes < 0 ? -int64_t{offset_s} : offset_s;
  const auto h = static_cast<long>(size / 3600);
  const auto m = static_cast<long>(size / 60 % 60);
  const auto s = static_cast<long>(size % 60);
  if (token.parts == 1) return print(out, "%c%02ld", sign, h);
  if (token.parts == 2) return print(out, token.colon ? "%c%02ld:%02ld" : "%c%02ld%02ld", sign, h, m);
  return print(out, token.colon ? "%c%02ld:%02ld:%02ld" : "%c%02ld%02ld%02ld", sign, h, m, s);
}

// A zone without an abbreviation is shown by its offset.
std::string_view print_abbreviation(Buffer out, const ZoneMoment& zone) noexcept {
  return zone.abbreviation.empty() ? print_offset(out, offset("-0700", 2), zone.offset_s) : zone.abbreviation;
}

int hour_of_12(int hour) noexcept { return hour % 12 == 0 ? 12 : hour % 12; }

}  // namespace

std::string_view format_field(const LayoutToken& token, const ShownTime& t, char (&buffer)[kFieldBytes]) noexcept {
  const Civil& c = t.civil;
  const auto month = static_cast<std::size_t>(c.month - 1);
  const auto weekday = static_cast<std::size_t>(c.weekday);
  switch (token.field) {
    case Field::kNone: return {};
    case Field::kYear: return print_year(buffer, c.year);
    case Field::kYearOfCentury: return print(buffer, "%02d", c.year < 0 ? 0 : static_cast<int>(c.year % 100));
    case Field::kMonthName: return kMonthNames[month];
    case Field::kMonthShort: return kMonthNames[month].substr(0, kShortName);
    case Field::kMonth: return print_number(buffer, c.month, 2, token.padding);
    case Field::kWeekdayName: return kWeekdayNames[weekday];
    case Field::kWeekdayShort: return kWeekdayNames[weekday].substr(0, kShortName);
    case Field::kDay: return print_number(buffer, c.day, 2, token.padding);
    case Field::kYearDay: return print_number(buffer, c.year_day, 3, token.padding);
    case Field::kHour: return print_number(buffer, c.hour, 2, token.padding);
    case Field::kHour12: return print_number(buffer, hour_of_12(c.hour), 2, token.padding);
    case Field::kMinute: return print_number(buffer, c.minute, 2, token.padding);
    case Field::kSecond: return print_number(buffer, c.second, 2, token.padding);
    case Field::kFraction: return print_fraction(buffer, token, t.nanos);
    case Field::kAmPm: return c.hour < 12 ? (token.lower ? "am" : "AM") : (token.lower ? "pm" : "PM");
    case Field::kAbbreviation: return print_abbreviation(buffer, t.zone);
    case Field::kOffset: return print_offset(buffer, token, t.zone.offset_s);
  }
  return {};
}

}  // namespace wippy::lua
