#include "runtime/process/crash_log.hpp"

#include <new>

#include "runtime/observe/log.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy {

void log_crash(Context& self, const ExitReason& reason) noexcept {
  if (!log::enabled(log::Level::kError) || reason.value() == nullptr) return;
  // Who dies because a linked one failed has not failed itself.
  if (reason.value() == ExitReason::standard().link_failed.value()) return;
  ValueReader r;
  r.open_value({reason.value()->data(), reason.value()->size()});
  const ValueItem& item = r.next();
  const bool is_error = item.token == Token::kError;
  try {
    const std::string pid = self.node().format(self.pid());
    const log::Field fields[] = {{"pid", pid},
                                 {"id", self.entry_id()},
                                 {"error", is_error ? item.text : std::string_view("unknown error")},
                                 {"traceback", is_error ? item.stack : std::string_view()}};
    const bool traced = !fields[3].value.empty();
    log::write(log::Level::kError, "runtime", "process crashed", fields, traced ? 4 : 3);
  } catch (const std::bad_alloc&) {
    return;  // the process ends all the same
  }
}

}  // namespace wippy
