// process.host (host.md §2.5).
#include "runtime/app/kinds.hpp"

namespace wippy::app {

std::shared_ptr<const EntryConfig> parse_process_host(FieldReader& data, KindContext& context) {
  constexpr std::int64_t kManyWorkers = 1024;
  constexpr std::int64_t kMostWorkers = 65'536;
  constexpr std::int64_t kMostQueued = 1LL << 30;
  auto config = std::make_shared<ProcessHostConfig>();
  if (std::optional<FieldReader> host = data.map("host")) {
    config->workers = host->integer("workers", {.low = 1, .high = kMostWorkers});
    if (config->workers.value_or(0) > kManyWorkers) {
      host->warning("workers", std::to_string(*config->workers) + " worker threads are more than any machine can use");
    }
    config->queue_size = host->integer("queue_size", {.low = 1, .high = kMostQueued}).value_or(config->queue_size);
    config->local_queue_size =
        host->integer("local_queue_size", {.low = 1, .high = kMostQueued}).value_or(config->local_queue_size);
    config->max_processes = host->integer("max_processes", {.low = 0}).value_or(config->max_processes);
    host->finish();
  }
  read_host_common(data, context, *config);
  config->lifecycle = read_lifecycle(data, context);
  return config;
}

}  // namespace wippy::app
