// process.service (host.md §2.7).
#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

EntryId read_required_id(FieldReader& data, KindContext& context, std::string_view key, Expect expect, bool fatal) {
  const Node* node = data.find(key);
  if (node == nullptr) {
    const Node* written = data.node().find(key);
    if (written == nullptr || !written->failed) data.error(key, std::string(key) + " is required");
    return {};
  }
  return add_reference(data, context, *node, data.key_path(key), expect, fatal).value_or(EntryId{});
}

}  // namespace

std::shared_ptr<const EntryConfig> parse_process_service(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<ProcessServiceConfig>();
  config->lifecycle = read_lifecycle(data, context);
  const bool fatal = config->lifecycle.auto_start;
  config->process = read_required_id(data, context, "process", Expect::kProcess, fatal);
  config->host = read_required_id(data, context, "host", Expect::kAnyHost, fatal);
  if (const Node* input = data.find("input")) {
    if (input->is_list()) {
      config->input = input->items;
    } else {
      data.wrong_type(*input, data.key_path("input"), "a list of arguments");
    }
  }
  return config;
}

}  // namespace wippy::app
