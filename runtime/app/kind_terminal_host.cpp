// terminal.host (host.md §2.6).
#include "runtime/app/kinds.hpp"

namespace wippy::app {

std::shared_ptr<const EntryConfig> parse_terminal_host(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<TerminalHostConfig>();
  config->hide_logs = data.boolean("hide_logs").value_or(false);
  read_host_common(data, context, *config);
  config->lifecycle = read_lifecycle(data, context);
  return config;
}

}  // namespace wippy::app
