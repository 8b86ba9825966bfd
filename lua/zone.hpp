// Time zones: UTC, the system's local zone, fixed offsets, and the zones of the IANA data base.
//
// The local zone is the C library's, as in os.date, so that both always agree; the simulation sets it to UTC. Named zones
// come from the library cctz, which reads the system's zone files and keeps what it loaded: once per program and for ever.
// Thread-safety: everything may be called by any thread; loading a name for the first time reads a file.
#pragma once

#include <cctz/time_zone.h>

#include <cstdint>
#include <string_view>

namespace wippy::lua {

struct ZoneMoment {
  int32_t offset_s;               // east of UTC
  std::string_view abbreviation;  // "CEST"; may be empty in a fixed zone. Lives as long as the zone
};

// A value. `name` is not owned: the text of UTC and Local is static, that of other zones belongs to whoever made them.
class Zone {
 public:
  enum class Kind : uint8_t { kUtc, kLocal, kFixed, kNamed };

  static Zone utc() noexcept { return Zone(Kind::kUtc, "UTC"); }
  static Zone local() noexcept { return Zone(Kind::kLocal, "Local"); }
  static Zone fixed(std::string_view name, int32_t offset_s) noexcept;
  // An IANA name; no "UTC" or "Local". False: no such zone.
  static bool load(std::string_view name, Zone& out) noexcept;

  Kind kind() const noexcept { return kind_; }
  std::string_view name() const noexcept { return name_; }
  // The same zone with its name elsewhere.
  Zone with_name(std::string_view name) const noexcept;
  bool same_rules(const Zone& other) const noexcept;

  ZoneMoment at(int64_t unix_s) const noexcept;
  // What a clock in this zone shows, in wall seconds (lua/civil.hpp).
  int64_t wall_s(int64_t unix_s) const noexcept;
  // The instant at which a clock in this zone shows `wall_s`. Shown twice or never (a change of the offset): the result is
  // right by one of the two offsets.
  int64_t unix_s(int64_t wall_s) const noexcept;
  // The offset that `abbreviation` means around that wall time, by the zone's use in the year before and after.
  bool find_offset(std::string_view abbreviation, int64_t wall_s, int32_t& offset_s) const noexcept;

 private:
  Zone(Kind kind, std::string_view name) noexcept : name_(name), kind_(kind) {}

  std::string_view name_;
  cctz::time_zone named_;
  int32_t offset_s_ = 0;
  Kind kind_;
};

}  // namespace wippy::lua
