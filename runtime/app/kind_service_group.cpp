// service.group (docs/services.md).
#include <algorithm>

#include "runtime/app/kinds.hpp"

namespace wippy::app {

std::shared_ptr<const EntryConfig> parse_service_group(FieldReader& data, KindContext& context) {
  constexpr std::int64_t kMostRestarts = 1'000'000;
  auto config = std::make_shared<ServiceGroupConfig>();
  const std::vector<std::string> words = {"one_for_one", "one_for_all", "rest_for_one"};
  if (const std::optional<std::string> strategy = data.choice("strategy", words)) {
    config->strategy = static_cast<GroupStrategyName>(std::find(words.begin(), words.end(), *strategy) - words.begin());
  }
  const Node* list = data.find("members");
  if (list == nullptr) data.error("members", "members is required", "a list of services, in the order of their starts");
  if (list != nullptr && list->is_list() && list->items.empty())
    data.error("members", "members is empty", "a list of services, in the order of their starts");
  for (const Node* item : data.texts("members")) {
    std::string path = data.key_path("members");
    if (list->is_list()) path += "[" + std::to_string(item - list->items.data()) + "]";
    std::optional<EntryId> id = add_reference(data, context, *item, path, Expect::kService);
    if (!id) continue;
    if (std::find(config->members.begin(), config->members.end(), *id) != config->members.end()) {
      data.error_at(item->position, path, id->text() + " is named twice");
      continue;
    }
    config->members.push_back(std::move(*id));
  }
  if (std::optional<FieldReader> intensity = data.map("intensity")) {
    config->max_restarts =
        intensity->integer("max_restarts", {.low = 0, .high = kMostRestarts}).value_or(config->max_restarts);
    const std::optional<std::int64_t> window = intensity->duration_ns("window");
    if (window && *window != 0) config->window_ns = *window;
    intensity->finish(FieldReader::Unknown::kReject);
  }
  data.finish(FieldReader::Unknown::kReject);
  return config;
}

}  // namespace wippy::app
