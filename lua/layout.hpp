// Layouts of date and time texts (spec/process.md §4.5): Go's reference time, Mon Jan 2 15:04:05 MST 2006, written as the
// text should look. Everything that is no part of the reference time stands for itself.
//
// Pure functions over texts, any thread. Results that are views point into the arguments or to static text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lua/civil.hpp"
#include "lua/zone.hpp"

namespace wippy::lua {

// Longer layouts (and texts to parse) are refused by the callers: nothing here can be interrupted.
inline constexpr std::size_t kMaxLayoutBytes = 4096;
inline constexpr const char* kRfc3339 = "2006-01-02T15:04:05Z07:00";

enum class Field : uint8_t {
  kNone,  // the layout ends
  kYear,
  kYearOfCentury,
  kMonthName,
  kMonthShort,
  kMonth,
  kWeekdayName,
  kWeekdayShort,
  kDay,
  kYearDay,
  kHour,
  kHour12,
  kMinute,
  kSecond,
  kFraction,
  kAmPm,
  kAbbreviation,
  kOffset,
};

// How a number is filled up to its width; a month, hour or day without padding has the shortest form.
enum class Padding : uint8_t { kNone, kZero, kSpace };

struct LayoutToken {
  std::string_view literal = {};  // what stands before the field
  std::string_view text = {};     // the field as written
  Field field = Field::kNone;
  Padding padding = Padding::kNone;
  bool lower = false;   // kAmPm: am, pm
  bool z = false;       // kOffset: "Z" for 0
  bool colon = false;   // kOffset
  bool trim = false;    // kFraction: without zeros at its end
  uint8_t parts = 0;    // kOffset: 1…3: hours, minutes, seconds
  uint16_t digits = 0;  // kFraction, as written
};

// Takes the next field and the literal before it off `layout`.
LayoutToken next_token(std::string_view& layout) noexcept;

extern const std::string_view kMonthNames[12];
extern const std::string_view kWeekdayNames[7];
inline constexpr std::size_t kShortName = 3;

// --- formatting

struct ShownTime {
  Civil civil;
  uint32_t nanos;
  ZoneMoment zone;
};
ShownTime show_time(int64_t unix_s, uint32_t nanos, const Zone& zone) noexcept;

inline constexpr std::size_t kFieldBytes = 32;  // enough for every field but a zone's name
// The text of a field, in `buffer` or elsewhere.
std::string_view format_field(const LayoutToken& token, const ShownTime& time, char (&buffer)[kFieldBytes]) noexcept;

// put(std::string_view) receives the text in pieces.
template <class Put>
void format_layout(std::string_view layout, const ShownTime& time, Put&& put) {
  for (;;) {
    const LayoutToken token = next_token(layout);
    put(token.literal);
    if (token.field == Field::kNone) return;
    char buffer[kFieldBytes];
    put(format_field(token, time, buffer));
  }
}

// --- parsing (lua/layout_parse.cpp)

// What the text said. Parts it did not name: year 0, January 1st, midnight.
struct ParsedTime {
  DateParts parts{0, 1, 1};
  bool is_utc = false;      // "Z", or "UTC" as abbreviation
  bool has_offset = false;  // offset_s was named
  int32_t offset_s = 0;
  std::string_view abbreviation = {};  // empty: none
};

struct ParseProblem {
  const char* out_of_range = nullptr;  // the part, when its value was
  std::string_view rest = {};          // of the text, from where it did not fit
  std::string_view wanted = {};        // the part of the layout there; empty: nothing more was
};

// Validates everything: days of months, days of the year. False: `problem` says why.
bool parse_layout(std::string_view layout, std::string_view text, ParsedTime& out, ParseProblem& problem) noexcept;

struct ParsedInstant {
  int64_t unix_s = 0;
  uint32_t nanos = 0;
  Zone zone = Zone::utc();  // `local`, UTC, or a fixed zone whose name points into the text
};
// The zone in the text wins; `local` is asked what its abbreviations mean and has the times without a zone.
ParsedInstant instant_of(const ParsedTime& parsed, const Zone& local) noexcept;

}  // namespace wippy::lua
