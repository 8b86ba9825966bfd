// JSON Schema, draft 4 and what of later drafts says the same in other words (const, numbers as exclusiveMinimum, true and false
// as schemas): RapidJSON's validator, behind a check that refuses what it would ignore or could not end. Why RapidJSON and what
// is refused: docs/decisions/014-json-schema.md.
//
// Limits: schemas of 32 KiB, texts of 16 MiB, both 128 deep; text and schema in bytes multiply to at most 2^32; with uniqueItems,
// texts of 64 KiB; a million allocations and 64 MiB for the validation of one text. So a call ends within a second or two.
#pragma once

#include <string_view>

#include "lua/json_text.hpp"

namespace wippy::lua {

inline constexpr std::size_t kMaxSchemaBytes = std::size_t{32} << 10;

// False: `text` is not JSON, not valid by `schema`, or `schema` cannot be used; kInvalid but for kUnavailable: memory.
bool validate_json(std::string_view schema, std::string_view text, JsonFault& fault) noexcept;

// Writes a pattern of ECMAScript as RapidJSON's regular expressions say it. Null: refused, `why` says so; otherwise the length.
// `out` holds kMaxPatternBytes.
inline constexpr std::size_t kMaxPatternBytes = 4096;
bool translate_pattern(std::string_view pattern, char* out, std::size_t& length, const char*& why) noexcept;

}  // namespace wippy::lua
