// WIPPY_ASSERT: an invariant of ours is broken; print it and abort. On in every build but a release without
// -DWIPPY_ASSERTIONS=ON; it is never used for bad input (house rule 7).
#pragma once

namespace wippy {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
// The system refuses what we cannot do without.
[[noreturn, gnu::format(printf, 1, 2)]] void die(const char* format, ...) noexcept;
}  // namespace wippy

#if defined(WIPPY_ASSERTIONS) || !defined(NDEBUG)
#define WIPPY_ASSERT(e) ((e) ? static_cast<void>(0) : ::wippy::assertion_failed(#e, __FILE__, __LINE__))
#else
#define WIPPY_ASSERT(e) static_cast<void>(0)
#endif
