// The record of a process that ended with an error (host.md §10.1).
#pragma once

#include "runtime/process/context.hpp"

namespace wippy {

// One line of level error: pid, entry id, error, traceback when there is one. Inside the process's step, at most once per
// process. Without memory for it nothing is written.
void log_crash(Context& self, const ExitReason& reason) noexcept;

}  // namespace wippy
