#include "runtime/app/settings.hpp"

#include <array>
#include <system_error>

#include "runtime/app/document.hpp"
#include "runtime/app/fields.hpp"
#include "runtime/app/files.hpp"
#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

constexpr const char* kName = ".wippy.yaml";

void read_logging(FieldReader& file, Settings& settings) {
  if (std::optional<FieldReader> logger = file.map("logger")) {
    const std::optional<std::string> encoding = logger->choice("encoding", {"console", "json"});
    if (encoding) settings.log_encoding = *encoding == "json" ? LogEncoding::kJson : LogEncoding::kConsole;
    logger->finish();
  }
  if (std::optional<FieldReader> manager = file.map("logmanager")) {
    settings.min_level = manager->integer("min_level", {.low = -1, .high = 2}).value_or(settings.min_level);
    for (const char* key : {"propagate_downstream", "stream_to_events"}) {
      if (manager->find(key) != nullptr) manager->warning(key, "not used by this build");
    }
    manager->finish();
  }
}

// Sections that change what runs or what is allowed must not be skipped in silence.
void refuse_unsupported(FieldReader& file) {
  for (const char* key : {"override", "disable"}) file.unsupported(key);
}

// A key that is not understood could have been meant to restrict something.
void read_security_section(FieldReader& file, Settings& settings) {
  std::optional<FieldReader> security = file.map("security");
  if (!security) return;
  settings.strict_mode = security->boolean("strict_mode").value_or(false);
  Entry names;  // receives what the sections refer to
  KindContext context{names, file.site()};
  settings.system_security = read_security(*security, context, "system", false);
  settings.cli_security = read_security(*security, context, "cli", false);
  settings.references = std::move(names.references);
  security->finish(FieldReader::Unknown::kReject);
}

void read_sections(FieldReader& file, Settings& settings) {
  const Node* version = file.find("version");
  if (version == nullptr) {
    file.error("version", "version is required", "write version: \"1.0\"");
  } else if (version->text != "1.0") {
    file.error("version", "unknown version " + describe(*version) + ", accepted: \"1.0\"");
  }
  read_logging(file, settings);
  if (std::optional<FieldReader> shutdown = file.map("shutdown")) {
    const std::optional<std::int64_t> timeout = shutdown->duration_ns("timeout");
    if (timeout && *timeout > 0) settings.shutdown_timeout_ns = *timeout;
    shutdown->finish();
  }
  if (std::optional<FieldReader> relay = file.map("relay")) {
    settings.node_name = relay->text("node_name").value_or("");
    relay->finish();
  }
  if (std::optional<FieldReader> env = file.map("env")) {
    settings.env_os_fallback = env->boolean("os_fallback").value_or(true);
    env->finish();
  }
  refuse_unsupported(file);
  read_security_section(file, settings);
  for (const char* key : {"vars", "profiles"}) static_cast<void>(file.map(key));
  for (const char* key : {"registry", "supervisor", "lua", "prometheus", "metrics"}) {
    if (file.find(key) != nullptr) file.warning(key, "not used by this build");
  }
  file.finish();
}

}  // namespace

Settings read_settings(const std::filesystem::path& root, const Lookup& environment, Problems& problems) {
  Settings settings;
  std::error_code error;
  if (!std::filesystem::exists(root / kName, error)) return settings;
  const FileText text = read_file(root / kName);
  if (!text.error.empty()) {
    problems.error({kName, {}, "", "", text.error, ""});
    return settings;
  }
  Document document = parse_yaml(text.text);
  for (const Fault& fault : document.faults) problems.error({kName, fault.position, "", "", fault.message, fault.hint});
  if (document.syntax) {
    problems.error({kName, document.syntax->position, "", "", document.syntax->message, document.syntax->hint});
    return settings;
  }
  if (!document.root.is_map()) {
    problems.error({kName, document.root.position, "", "", "expected a map, got " + describe(document.root), ""});
    return settings;
  }
  const Site site{&problems, kName, "", {1, 1}};
  Node vars;
  if (const Node* written = document.root.find("vars")) vars = *written;
  const PlaceholderRules vars_rules{environment, [](const std::string&) { return std::optional<std::string>(); }, ""};
  interpolate(vars, "vars", site, vars_rules);
  std::erase_if(document.root.members, [](const Member& member) { return member.key == "vars"; });
  const Lookup names = [&vars](const std::string& name) -> std::optional<std::string> {
    const Node* value = vars.find(name);
    if (value == nullptr || value->is_list() || value->is_map()) return std::nullopt;
    return value->text;
  };
  interpolate(document.root, "", site, {environment, names, ""});
  FieldReader file(document.root, "", site);
  read_sections(file, settings);
  return settings;
}

}  // namespace wippy::app
