// The flat value codec: what one process may tell another, as bytes. This file is the format; value_writer.hpp and
// value_reader.hpp are its two directions. Layout of our own design.
//
// Every value starts with one tag byte. `varint` is unsigned LEB128, `zigzag` a signed number folded into a varint
// (0, -1, 1, -2 … -> 0, 1, 2, 3 …), `u64` eight bytes, lowest first.
//
//   00        nil
//   01 / 02   false / true
//   03        integer    zigzag; never 0…127 (they have the form 80…FF)
//   04        number     u64, the IEEE 754 bits unchanged: NaN payloads and -0.0 survive
//   05        string     varint length >= 64, bytes
//   06        table      varint n, one byte p, n array values (keys 1…n), then the pairs, each key value, value value
//                        p = 0…254: exactly p pairs; p = 255: at least 255 pairs, closed by 07
//   07        the end of a table with p = 255; nowhere else
//   08        table ref  varint ordinal of a table that began earlier in the same value (an open one: a cycle)
//   09        pid        u64
//   0A        error      one byte k, varint length + message, varint length + stack, then the details: one value or nil
//                        k = ErrorKind (low four bits, never kOk) | Retryable << 4
//   0B        time       zigzag unix seconds, varint nanoseconds < 1e9, zigzag zone offset in seconds (32 bits)
//   0C        duration   zigzag nanoseconds
//   0D…3F     invalid
//   40…7F     string     of (tag & 3F) bytes, which follow
//   80…FF     integer    (tag & 7F), nothing follows
//
// A message body is: varint topic length, topic bytes, varint payload count, then that many values.
//
// Why p is one byte: a script's table does not know its number of pairs. The writer counts them and fills the byte in
// at the end, without moving anything; a table of 255 pairs or more pays one closing byte instead.
//
// Ordinals number the tables of one value in the order in which they begin, from 0; they restart with each payload, so
// sharing and cycles are kept within a payload and never reach across. Array values may be nil (a hole). A key is
// neither nil nor NaN. Pairs keep the writer's order; duplicate keys are not looked for.
//
// One value, one encoding: the reader refuses longer forms (padded varints, long forms of short values, p = 255 with
// fewer pairs), so that equal bytes and equal values are the same thing.
//
// Limits: an encoding has at most 64 MiB, containers (tables and errors) nest at most 1,000,000 deep. Neither direction
// recurses: each keeps its open containers in an array of 28 (reader) or 16 (writer) bytes a level.
//
// What cannot cross: functions, coroutines, channels, metatables, foreign userdata. They have no tag; the code that
// drives the writer refuses or drops them (spec/process.md §7).
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/status.hpp"

namespace wippy {

inline constexpr std::size_t kMaxEncodedBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxValueDepth = 1'000'000;

enum class Retryable : std::uint8_t { kUnset = 0, kNo = 1, kYes = 2 };

// An instant with the zone it is shown in. Seconds and nanoseconds apart: the zero time of scripts (year 1) does not
// fit into 64 bits of nanoseconds.
struct TimeValue {
  std::int64_t unix_s = 0;
  std::uint32_t nanos = 0;         // 0…999,999,999, added to unix_s also before 1970
  std::int32_t zone_offset_s = 0;  // east of UTC
  bool operator==(const TimeValue&) const = default;
};

namespace value_format {

enum Tag : std::uint8_t {
  kTagNil = 0x00,
  kTagFalse = 0x01,
  kTagTrue = 0x02,
  kTagInteger = 0x03,
  kTagNumber = 0x04,
  kTagString = 0x05,
  kTagTable = 0x06,
  kTagTableEnd = 0x07,
  kTagTableRef = 0x08,
  kTagPid = 0x09,
  kTagError = 0x0A,
  kTagTime = 0x0B,
  kTagDuration = 0x0C,
  kTagShortString = 0x40,
  kTagSmallInteger = 0x80,
};

inline constexpr std::uint64_t kShortStringBytes = 64;  // strings below this have the short form
inline constexpr std::uint64_t kSmallIntegers = 128;    // integers from 0 below this have the short form
inline constexpr std::uint32_t kOpenPairs = 255;        // the p that means "at least this many, closed by kTagTableEnd"
inline constexpr std::size_t kMaxVarintBytes = 10;
inline constexpr std::uint32_t kNanosPerSecond = 1'000'000'000;

inline std::uint64_t zigzag(std::int64_t v) noexcept {
  return (static_cast<std::uint64_t>(v) << 1) ^ (v < 0 ? ~std::uint64_t{0} : 0);
}
inline std::int64_t unzigzag(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>((v >> 1) ^ ((v & 1) != 0 ? ~std::uint64_t{0} : 0));
}

}  // namespace value_format
}  // namespace wippy
