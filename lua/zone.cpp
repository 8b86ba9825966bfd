#include "lua/zone.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <type_traits>

#include "lua/civil.hpp"

namespace wippy::lua {

// Zones lie in userdata and in frames that a Lua error may leave.
static_assert(std::is_trivially_destructible_v<Zone> && std::is_trivially_copyable_v<Zone>);

namespace {

constexpr std::size_t kMaxNameBytes = 64;  // the longest of the data base has 32
constexpr int64_t kSecondsOf400Years = 12'622'780'800;
constexpr int64_t kFarPast = -(int64_t{1} << 37);  // about the year -2386: before the first rule of any zone
constexpr int64_t kFarFuture = int64_t{1} << 37;   // about the year 6325: after that the rules repeat with the calendar

// An instant with the same rules, of a size that time libraries are at home with.
int64_t within_reach(int64_t unix_s) noexcept {
  if (unix_s < kFarPast) return kFarPast;
  return unix_s < kFarFuture ? unix_s : kFarFuture + (unix_s - kFarFuture) % kSecondsOf400Years;
}

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

// Names that stay inside the folder of zones: parts of letters, digits, _, - and +, with one / between them.
bool is_plain_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxNameBytes || name.front() == '/' || name.back() == '/') return false;
  if (name.find("//") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c == '/' || is_name_character(c); });
}

// Looked for where cctz will look. Asking first keeps it from remembering every name that a script makes up.
bool has_zone_file(const std::string& name) noexcept {
  const char* folder = std::getenv("TZDIR");
  if (folder == nullptr || *folder == '\0') folder = "/usr/share/zoneinfo";
  return access((std::string(folder) + '/' + name).c_str(), R_OK) == 0;
}

bool is_alias_of_local(std::string_view name) noexcept { return name == "localtime" || name == "posixrules"; }

ZoneMoment local_at(int64_t unix_s) noexcept {
  const auto t = static_cast<std::time_t>(within_reach(unix_s));
  std::tm parts{};
  if (localtime_r(&t, &parts) == nullptr) return {0, "UTC"};
  // The C library keeps the text of every abbreviation that it ever used.
  return {static_cast<int32_t>(parts.tm_gmtoff), parts.tm_zone != nullptr ? parts.tm_zone : ""};
}

}  // namespace

Zone Zone::fixed(std::string_view name, int32_t offset_s) noexcept {
  Zone z(Kind::kFixed, name);
  z.offset_s_ = offset_s;
  return z;
}

bool Zone::load(std::string_view name, Zone& out) noexcept {
  if (!is_plain_name(name) || is_alias_of_local(name)) return false;
  const std::string text(name);
  Zone z(Kind::kNamed, name);
  if (!has_zone_file(text) || !cctz::load_time_zone(text, &z.named_)) return false;
  out = z;
  return true;
}

Zone Zone::with_name(std::string_view name) const noexcept {
  Zone z = *this;
  z.name_ = name;
  return z;
}

bool Zone::same_rules(const Zone& other) const noexcept {
  return kind_ == other.kind_ && name_ == other.name_ && offset_s_ == other.offset_s_;
}

ZoneMoment Zone::at(int64_t unix_s) const noexcept {
  switch (kind_) {
    case Kind::kUtc: break;
    case Kind::kLocal: return local_at(unix_s);
    case Kind::kFixed: return {offset_s_, name_};
    case Kind::kNamed: {
      using Seconds = cctz::seconds;
      const auto found = named_.lookup(cctz::time_point<Seconds>(Seconds(within_reach(unix_s))));
      return {found.offset, found.abbr};
    }
  }
  return {0, "UTC"};
}

int64_t Zone::wall_s(int64_t unix_s) const noexcept { return add_saturated(unix_s, at(unix_s).offset_s); }

int64_t Zone::unix_s(int64_t wall_s) const noexcept {
  const int64_t near = add_saturated(wall_s, -int64_t{at(wall_s).offset_s});
  return add_saturated(wall_s, -int64_t{at(near).offset_s});
}

bool Zone::find_offset(std::string_view abbreviation, int64_t wall_s, int32_t& offset_s) const noexcept {
  constexpr int kMonths = 12;
  constexpr int64_t kMonthSeconds = 30 * kDaySeconds;
  bool any = false;
  for (int month = -kMonths; month <= kMonths; ++month) {
    const ZoneMoment m = at(add_saturated(wall_s, month * kMonthSeconds));
    if (m.abbreviation != abbreviation) continue;
    const ZoneMoment there = at(add_saturated(wall_s, -int64_t{m.offset_s}));
    const bool in_use = there.offset_s == m.offset_s && there.abbreviation == abbreviation;
    if (in_use || !any) offset_s = m.offset_s;
    if (in_use) return true;
    any = true;
  }
  return any;
}

}  // namespace wippy::lua
