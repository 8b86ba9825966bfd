// process.native: a C++ factory by name (docs/native.md).
#include <algorithm>

#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

constexpr std::size_t kSuggestions = 3;

// What there is instead.
std::string hint_for(const std::string& factory, const std::vector<NativeFactoryInfo>& factories) {
  if (factories.empty()) return "it has none: build a program that registers it (docs/native.md)";
  std::vector<std::string> names;
  for (const NativeFactoryInfo& info : factories) names.push_back(info.name);
  std::string hint = did_you_mean(factory, names, kSuggestions);
  if (!hint.empty()) return hint;
  for (const std::string& name : names) hint += (hint.empty() ? "it has " : ", ") + name;
  return hint;
}

void check_factory(FieldReader& data, const KindContext& context, const std::string& factory) {
  if (context.factories == nullptr) return;
  const auto found = std::find_if(context.factories->begin(), context.factories->end(),
                                  [&](const NativeFactoryInfo& info) { return info.name == factory; });
  if (found == context.factories->end()) {
    return data.error("factory", "no native factory \"" + factory + "\" in this program",
                      hint_for(factory, *context.factories));
  }
  const Node* limits = data.find("limits");
  const Node* limit = limits != nullptr && limits->is_map() ? limits->find("max_memory_bytes") : nullptr;
  if (limit == nullptr || found->limits_memory) return;
  // A limit that cannot hold would be dropped in silence.
  data.error_at(limit->position, "limits.max_memory_bytes",
                "factory \"" + factory + "\" takes no ProcessMemory, so its memory has no limit");
}

}  // namespace

std::shared_ptr<const EntryConfig> parse_process_native(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<ProcessNativeConfig>();
  const std::optional<std::string> factory = data.required_text("factory");
  read_process_common(data, context, *config);
  if (factory) {
    config->factory = *factory;
    check_factory(data, context, *factory);
  }
  return config;
}

}  // namespace wippy::app
