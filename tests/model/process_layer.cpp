// runtime/process and what is below it for the model build; compiled like a suite, without access control.
// Left out: names (their map is TBB's) and the encoding of reasons.
#include "mailbox/signal.cpp"
#include "memory/arena.cpp"
#include "runtime/process/context.cpp"
#include "runtime/process/exit.cpp"
#include "runtime/process/frame_context.cpp"
#include "runtime/process/links.cpp"
#include "runtime/process/mail_limit.cpp"
#include "runtime/process/node_core.cpp"
#include "runtime/process/process.cpp"
#include "runtime/process/process_timers.cpp"
#include "runtime/process/upgrade.cpp"
#include "runtime/process/worker_procs.cpp"

#include "model/checker/suite.hpp"
#include "runtime/process/crash_log.hpp"

namespace wippy {
// What the scenarios do not reach.
struct NameTable::Maps {};
NameTable::NameTable() = default;
NameTable::~NameTable() = default;
Status NameTable::add(NodeCore&, std::string_view, Pid) { model::fail("no names here"); }
Pid NameTable::lookup(NodeCore&, std::string_view) const { model::fail("no names here"); }
bool NameTable::remove(NodeCore&, std::string_view) { model::fail("no names here"); }
void NameTable::release_all(Pid) { model::fail("no names here"); }

void Process::answer_observer() noexcept { model::fail("nobody observes here"); }
void log_crash(Context&, const ExitReason&) noexcept {}  // no logs here

// Abnormal, without a text.
const ExitReason::Standard& ExitReason::standard() noexcept {
  static const Standard all{ExitReason(true, nullptr), ExitReason(true, nullptr), ExitReason(true, nullptr),
                            ExitReason(true, nullptr), ExitReason(true, nullptr)};
  return all;
}
ExitReason ExitReason::share() const noexcept { return ExitReason(abnormal_, nullptr); }
ExitReason ExitReason::failure(ErrorKind, std::string_view, Retryable) noexcept { return ExitReason(true, nullptr); }
}  // namespace wippy
