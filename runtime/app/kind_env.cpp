// env.storage.* and env.variable (host.md §2.11).
#include <algorithm>

#include "runtime/app/config_env.hpp"
#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::shared_ptr<EnvStorageConfig> make_storage(FieldReader& data, EnvStorageType type) {
  auto config = std::make_shared<EnvStorageConfig>();
  config->type = type;
  static_cast<void>(data.find("lifecycle"));  // storages are there from the start
  return config;
}

}  // namespace

std::optional<unsigned> read_file_mode(FieldReader& data, std::string_view key) {
  const Node* node = data.find(key);
  if (node == nullptr) return std::nullopt;
  std::string_view text = node->text;
  if (text.starts_with("0o")) text.remove_prefix(2);
  const bool octal = !text.empty() && text.size() <= 5 &&
                     std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
  const unsigned mode = octal ? static_cast<unsigned>(std::stoul(std::string(text), nullptr, 8)) : 0;
  if (octal && mode <= 07777) return mode;
  data.wrong_type(*node, data.key_path(key), "an octal file mode such as \"0644\"");
  return std::nullopt;
}

std::shared_ptr<const EntryConfig> parse_env_storage_memory(FieldReader& data, KindContext&) {
  return make_storage(data, EnvStorageType::kMemory);
}

std::shared_ptr<const EntryConfig> parse_env_storage_os(FieldReader& data, KindContext&) {
  return make_storage(data, EnvStorageType::kOs);
}

std::shared_ptr<const EntryConfig> parse_env_storage_file(FieldReader& data, KindContext&) {
  auto config = make_storage(data, EnvStorageType::kFile);
  config->file_path = data.required_text("file_path").value_or("");
  config->auto_create = data.boolean("auto_create").value_or(false);
  config->file_mode = read_file_mode(data, "file_mode").value_or(config->file_mode);
  config->dir_mode = read_file_mode(data, "dir_mode").value_or(config->dir_mode);
  return config;
}

std::shared_ptr<const EntryConfig> parse_env_storage_static(FieldReader& data, KindContext&) {
  auto config = make_storage(data, EnvStorageType::kStatic);
  const Node* values = data.find("values");
  if (values == nullptr) return config;
  if (!values->is_map()) {
    data.wrong_type(*values, data.key_path("values"), "a map of names to texts");
    return config;
  }
  for (const Member& member : values->members) {
    const std::string path = data.key_path("values") + "." + member.key;
    if (member.value.is_map() || member.value.is_list()) {
      data.wrong_type(member.value, path, "a text");
    } else if (!is_variable_name(member.key)) {
      data.error_at(member.key_position, path, "a variable's name consists of letters, digits and _");
    } else {
      config->values[member.key] = member.value.text;
    }
  }
  return config;
}

std::shared_ptr<const EntryConfig> parse_env_storage_router(FieldReader& data, KindContext& context) {
  auto config = make_storage(data, EnvStorageType::kRouter);
  const Node* list = data.find("storages");
  config->storages = read_references(data, context, "storages", Expect::kEnvStorage);
  if (list == nullptr || (list->is_list() && list->items.empty()))
    data.error("storages", "at least one storage is required");
  return config;
}

std::shared_ptr<const EntryConfig> parse_env_variable(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<EnvVariableConfig>();
  config->variable = data.text("variable").value_or("");
  if (!config->variable.empty() && !is_variable_name(config->variable))
    data.error("variable", "a variable's name consists of letters, digits and _");
  if (const Node* storage = data.find("storage")) {
    config->storage =
        add_reference(data, context, *storage, data.key_path("storage"), Expect::kEnvStorage).value_or(EntryId{});
  } else {
    data.error("storage", "storage is required");
  }
  if (const Node* given = data.find("default")) {
    if (given->is_map() || given->is_list()) {
      data.wrong_type(*given, data.key_path("default"), "a text");
    } else {
      config->default_value = given->text;
    }
  }
  const bool one_word = data.boolean("readonly").value_or(false);
  config->read_only = data.boolean("read_only").value_or(false) || one_word;
  return config;
}

}  // namespace wippy::app
