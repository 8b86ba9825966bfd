// Included before anything of RapidJSON: what the library asserts becomes an exception in every build. Its regular expressions
// assert what a script's pattern may break, and neither an abort nor going on is an answer to that.
#pragma once

namespace wippy::lua {

struct RapidJsonRefused {};
[[noreturn]] inline void rapidjson_refuses() { throw RapidJsonRefused(); }

}  // namespace wippy::lua

#define RAPIDJSON_ASSERT(x) (static_cast<bool>(x) ? static_cast<void>(0) : ::wippy::lua::rapidjson_refuses())
