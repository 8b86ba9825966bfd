#include "runtime/app/settings.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

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

// A key that is not understood could have been meant to restrict something. Later sources change what they name.
void read_security_section(FieldReader& file, Settings& settings) {
  std::optional<FieldReader> security = file.map("security");
  if (!security) return;
  if (const std::optional<bool> strict = security->boolean("strict_mode")) settings.strict_mode = *strict;
  Entry names;  // receives what the sections refer to
  KindContext context{.entry = names, .site = file.site(), .root = {}};
  if (security->find("system") != nullptr)
    settings.system_security = read_security(*security, context, "system", false);
  if (security->find("cli") != nullptr) settings.cli_security = read_security(*security, context, "cli", false);
  settings.references.insert(settings.references.end(), std::make_move_iterator(names.references.begin()),
                             std::make_move_iterator(names.references.end()));
  security->finish(FieldReader::Unknown::kReject);
}

void read_overrides(FieldReader& file, Settings& settings) {
  const std::optional<FieldReader> section = file.map("override");
  if (!section) return;
  for (const Member& member : section->node().members) {
    Site site = file.site();
    site.position = member.key_position;
    const std::string source = site.file + ":" + std::to_string(member.key_position.line);
    if (std::optional<Override> change = make_override(member.key, member.value, std::move(site), source))
      settings.overrides.push_back(std::move(*change));
  }
}

void read_disable(FieldReader& file, Settings& settings) {
  std::optional<FieldReader> section = file.map("disable");
  if (!section) return;
  for (const auto& [key, patterns] :
       {std::pair{"namespaces", &settings.disable.namespaces}, std::pair{"entries", &settings.disable.entries}}) {
    if (section->find(key) == nullptr) continue;
    patterns->clear();
    for (const Node* pattern : section->texts(key)) patterns->push_back(pattern->text);
  }
  section->unsupported("meta");
  section->finish();
}

// One source of settings. A file says its version, a profile and a flag do not.
void read_sections(FieldReader& file, Settings& settings, bool is_file) {
  const Node* version = file.find("version");
  if (version == nullptr) {
    if (is_file) file.error("version", "version is required", "write version: \"1.0\"");
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
    settings.node_name = relay->text("node_name").value_or(settings.node_name);
    relay->finish();
  }
  if (std::optional<FieldReader> env = file.map("env")) {
    settings.env_os_fallback = env->boolean("os_fallback").value_or(settings.env_os_fallback);
    env->finish();
  }
  if (std::optional<FieldReader> prometheus = file.map("prometheus")) {
    const bool enabled = prometheus->boolean("enabled").value_or(false);
    const std::optional<std::string> address = prometheus->text("address");
    if (enabled && address && !address->empty()) settings.prometheus_address = *address;
    prometheus->finish();
  }
  read_security_section(file, settings);
  read_overrides(file, settings);
  read_disable(file, settings);
  for (const char* key : {"registry", "supervisor", "lua", "metrics"}) {
    if (file.find(key) != nullptr) file.warning(key, "not used by this build");
  }
  file.finish();
}

// One layer of configuration: a file without its vars and profiles, a profile, a flag.
struct Layer {
  Site site;
  std::string path;  // key path of `sections`
  Node sections;
  bool is_file = false;
};

Node take(Node& map, std::string_view key) {
  const auto found =
      std::find_if(map.members.begin(), map.members.end(), [&](const Member& member) { return member.key == key; });
  if (found == map.members.end()) return {};
  Node out = std::move(found->value);
  map.members.erase(found);
  return out;
}

class SettingsReader {
 public:
  SettingsReader(const SettingsSources& sources, const Lookup& environment, Problems& problems)
      : sources_(sources), environment_(environment), problems_(problems) {}

  Settings read() {
    for (const std::filesystem::path& file : sources_.files) read_layers(file);
    std::error_code error;
    if (sources_.files.empty() && std::filesystem::exists(sources_.root / kName, error))
      read_layers(sources_.root / kName);
    for (const std::string& profile : sources_.profiles) choose_profile(profile);
    for (const std::string& set : sources_.sets) add_set(set);
    // The variables of all layers, later ones over earlier ones, before any text is filled in.
    for (Layer& layer : layers_) collect_vars(layer);
    const Lookup names = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = vars_.find(name);
      return found == vars_.end() ? std::nullopt : std::optional(found->second);
    };
    Settings settings;
    for (Layer& layer : layers_) {
      interpolate(layer.sections, layer.path, layer.site, {environment_, names, ""});
      FieldReader reader(layer.sections, layer.path, layer.site);
      read_sections(reader, settings, layer.is_file);
    }
    for (const std::string& text : sources_.overrides) {
      if (std::optional<Override> change = parse_override_flag(text, problems_))
        settings.overrides.push_back(std::move(*change));
    }
    return settings;
  }

 private:
  void read_layers(const std::filesystem::path& path) {
    const std::string shown = shown_path(path.lexically_normal(), sources_.root);
    const FileText text = read_file(path);
    if (!text.error.empty()) return problems_.error({shown, {}, "", "", text.error, ""});
    Document document = path.extension() == ".json" ? parse_json(text.text) : parse_yaml(text.text);
    for (const Fault& fault : document.faults)
      problems_.error({shown, fault.position, "", "", fault.message, fault.hint});
    if (const std::optional<Fault>& fault = document.syntax)
      return problems_.error({shown, fault->position, "", "", fault->message, fault->hint});
    if (!document.root.is_map()) {
      return problems_.error(
          {shown, document.root.position, "", "", "expected a map, got " + describe(document.root), ""});
    }
    const Site site{&problems_, shown, "", {1, 1}};
    const Node profiles = take(document.root, "profiles");
    if (!profiles.is_map() && !profiles.is_null())
      problems_.error({shown, profiles.position, "", "profiles", "expected a map, got " + describe(profiles), ""});
    for (const Member& profile : profiles.members) {
      const std::string key = "profiles." + profile.key;
      if (profile.value.is_map()) {
        profiles_.push_back({profile.key, {site, key, profile.value, false}});
      } else {
        problems_.error({shown, profile.value.position, "", key, "expected a map, got " + describe(profile.value), ""});
      }
    }
    layers_.push_back({site, "", std::move(document.root), true});
  }

  void choose_profile(const std::string& name) {
    bool found = false;
    std::vector<std::string> known;
    for (const auto& [profile, layer] : profiles_) {
      known.push_back(profile);
      if (profile != name) continue;
      layers_.push_back(layer);
      found = true;
    }
    if (!found)
      problems_.error(
          {"", {}, "--profile " + name, "profiles", "no such profile in the configuration", did_you_mean(name, known)});
  }

  void add_set(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string path = text.substr(0, equals);
    const Site site{&problems_, "", "--set " + path, {}};
    const auto fail = [&] { problems_.error({"", {}, site.subject, "", "expected section.path=value", ""}); };
    if (equals == std::string::npos || path.find('.') == std::string::npos) return fail();
    Node value = coerce_flag_value(std::string_view(text).substr(equals + 1));
    for (std::string_view rest = path; !rest.empty();) {
      // The keys of `override` hold dots themselves.
      const bool whole = path.starts_with("override.") && rest != "override" && rest == path;
      const std::size_t dot = whole ? rest.find('.') : rest.rfind('.');
      Node map;
      map.type = NodeType::kMap;
      const std::string_view key = dot == std::string_view::npos ? rest : rest.substr(dot + 1);
      if (key.empty() || dot == 0) return fail();
      map.members.push_back({std::string(key), {}, std::move(value)});
      value = std::move(map);
      rest = dot == std::string_view::npos ? std::string_view() : rest.substr(0, dot);
    }
    layers_.push_back({site, "", std::move(value), false});
  }

  void collect_vars(Layer& layer) {
    const std::string key = layer.path.empty() ? "vars" : layer.path + ".vars";
    Node vars = take(layer.sections, "vars");
    if (!vars.is_map()) {
      if (!vars.is_null())
        problems_.error(
            {layer.site.file, vars.position, layer.site.subject, key, "expected a map, got " + describe(vars), ""});
      return;
    }
    interpolate(vars, key, layer.site,
                {environment_, [](const std::string&) { return std::optional<std::string>(); }, ""});
    for (const Member& member : vars.members) {
      if (!member.value.is_list() && !member.value.is_map()) vars_[member.key] = member.value.text;
    }
  }

  const SettingsSources& sources_;
  const Lookup& environment_;
  Problems& problems_;
  std::vector<Layer> layers_;
  std::vector<std::pair<std::string, Layer>> profiles_;
  std::map<std::string, std::string> vars_;
};

}  // namespace

Settings read_settings(const SettingsSources& sources, const Lookup& environment, Problems& problems) {
  return SettingsReader(sources, environment, problems).read();
}

}  // namespace wippy::app
