// Says which seed was running when the program dies by an assertion or a memory fault.
#pragma once

#include <cstdint>
#include <string>

namespace wippy::sim {

// Scope of one run. Installs handlers for SIGABRT, SIGSEGV, SIGBUS, SIGILL and SIGFPE on a stack of their own (a fiber's
// may have overflowed); they print the note and let the signal take its course.
class CrashNote {
 public:
  CrashNote(uint64_t seed, const std::string& replay);
  ~CrashNote();
  CrashNote(const CrashNote&) = delete;
  CrashNote& operator=(const CrashNote&) = delete;
};

}  // namespace wippy::sim
