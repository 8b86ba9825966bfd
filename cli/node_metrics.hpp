// The runtime's own metrics as Prometheus text (host.md §10.2): by host, worker, service and entry, never by PID.
#pragma once

#include <string>

namespace wippy::cli {

class NodeApp;

// Everything of now, scripts' metrics last. Blocks while processes are asked; any registered thread.
std::string metrics_text(NodeApp& node);

}  // namespace wippy::cli
