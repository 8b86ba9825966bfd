// Loads an application in the order of host.md §1: settings, source root, index files, entries, kinds, plan.
#include <cstdlib>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/app/application.hpp"
#include "runtime/app/config_env.hpp"
#include "runtime/app/files.hpp"
#include "runtime/app/index_file.hpp"
#include "runtime/app/plan.hpp"

namespace wippy::app {
namespace {

// Two entries with one public name: which of them would a script get? (H-086)
void check_public_names(const std::map<EntryId, Entry>& entries, Problems& problems) {
  std::map<std::string, const Entry*> names;
  for (const auto& [id, entry] : entries) {
    const auto* config = entry.config_as<EnvVariableConfig>();
    if (config == nullptr || config->variable.empty()) continue;
    const auto [first, fresh] = names.emplace(config->variable, &entry);
    if (fresh) continue;
    const Origin& other = first->second->origin;
    problems.error(
        {entry.origin.file,
         entry.data.find("variable") != nullptr ? entry.data.find("variable")->position : entry.origin.position,
         entry_subject(id), "variable",
         "the public name " + config->variable + " belongs to " + first->second->id.text() + ", at " + other.file +
             ":" + std::to_string(other.position.line),
         ""});
  }
}

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {
    environment_ = options_.environment;
    if (environment_) return;
    environment_ = [](const std::string& name) -> std::optional<std::string> {
      const char* value = std::getenv(name.c_str());
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
  }

  std::variant<Application, LoadFailure> load() {
    load_all();
    std::vector<Problem> warnings = problems_.take_warnings();
    if (problems_.any_errors()) return LoadFailure{problems_.take_errors(), std::move(warnings)};
    app_.warnings = std::move(warnings);
    return std::move(app_);
  }

  // An entry that comes while the application runs.
  void parse_late(Entry& entry, const Settings& settings, Problems& problems) {
    app_.settings = settings;
    app_.settings.env_os_fallback = false;  // scripts write it, not the deployer (host.md §1.10)
    parse(entry);
    for (Problem& p : problems_.take_errors()) problems.error(std::move(p));
    for (Problem& p : problems_.take_warnings()) problems.warning(std::move(p));
  }

 private:
  void load_all() {
    std::error_code error;
    app_.root = std::filesystem::canonical(options_.root, error);
    if (error || !std::filesystem::is_directory(app_.root, error)) {
      return problems_.error({"", {}, "", "", "no such directory: " + options_.root.generic_string(), ""});
    }
    SettingsSources sources{app_.root, {}, options_.profiles, options_.sets, options_.overrides};
    for (const std::string& file : options_.config_files) sources.files.push_back(app_.root / file);
    if (!sources.files.empty()) {
      const std::filesystem::path anchor = std::filesystem::canonical(sources.files.front().parent_path(), error);
      if (!error) sources.root = app_.root = anchor;
    }
    app_.settings = read_settings(sources, environment_, problems_);
    const std::optional<std::filesystem::path> source = find_source_root(app_.root, problems_);
    if (!source) return;
    app_.source_root = *source;
    const ProjectPaths paths{app_.root, app_.source_root};
    IndexResult index;
    for (const std::filesystem::path& file : scan_sources(paths, problems_))
      read_index_file(file, paths, problems_, index);
    broken_ = std::move(index.broken);
    for (Entry& entry : index.entries) add(std::move(entry));
    apply_overrides(app_.settings.overrides, broken_, problems_, app_.entries);
    const std::set<EntryId> disabled = disable_entries(app_.settings.disable, app_.entries);
    for (auto& [id, entry] : app_.entries) {
      if (is_environment(entry)) parse(entry);
    }
    check_public_names(app_.entries, problems_);
    if (options_.make_variables) variables_ = options_.make_variables(app_, problems_);
    for (auto& [id, entry] : app_.entries) {
      if (!is_environment(entry)) parse(entry);
    }
    std::erase_if(app_.entries, [&](const auto& item) { return broken_.contains(item.first); });
    make_plan(app_, broken_, disabled, problems_);
  }

  static bool is_environment(const Entry& entry) { return entry.kind.starts_with("env."); }

  void add(Entry entry) {
    const Origin origin = entry.origin;
    const EntryId id = entry.id;
    const auto [first, fresh] = app_.entries.emplace(id, std::move(entry));
    if (fresh) return;
    const Origin& other = first->second.origin;
    problems_.error(
        {origin.file, origin.position, entry_subject(id), "",
         "duplicate ID " + id.text() + ", first defined at " + other.file + ":" + std::to_string(other.position.line),
         ""});
  }

  // Says who else had a hand in the entry: its file alone would not explain what is wrong.
  static std::string subject_of(const Entry& entry) {
    const std::string& source = entry.override_source;
    return entry_subject(entry.id) + (source.empty() ? "" : " (overridden by " + source + ")");
  }

  void refuse_kind(const Entry& entry) {
    Problem problem{entry.origin.file, entry.kind_position, subject_of(entry), "kind", "", ""};
    if (is_planned_kind(entry.kind)) {
      problem.message = "kind " + entry.kind + " is not supported by this build";
    } else {
      problem.message = "unknown kind \"" + entry.kind + "\"";
      problem.hint = did_you_mean(entry.kind, all_kind_names(), 3);
    }
    // A policy that is left out could have denied something.
    if (options_.allow_unknown_kinds && !entry.kind.starts_with("security."))
      return problems_.warning(std::move(problem));
    problems_.error(std::move(problem));
    broken_.insert(entry.id);
  }

  void parse(Entry& entry) {
    const KindSpec* spec = find_kind(entry.kind);
    if (spec == nullptr) return refuse_kind(entry);
    const Site site{&problems_, entry.origin.file, subject_of(entry), entry.origin.position};
    Node data = entry.data;
    if (data.is_null()) data.type = NodeType::kMap;
    if (!data.is_map()) {
      return problems_.error(
          {site.file, data.position, site.subject, "data", "expected a map, got " + describe(data), ""});
    }
    fill_placeholders(entry, data, site);
    KindContext context{entry,
                        site,
                        &options_.syntax,
                        options_.modules ? &*options_.modules : nullptr,
                        options_.factories ? &*options_.factories : nullptr,
                        app_.root};
    FieldReader fields(data, "", site);
    entry.config = spec->parse(fields, context);
    fields.finish();
  }

  void fill_placeholders(const Entry& entry, Node& data, const Site& site) {
    PlaceholderRules rules;
    rules.environment = [this, &entry](const std::string& name) -> std::optional<std::string> {
      if (variables_) {
        EntryVariable found = variables_(name, entry.id.space);
        if (found.declared) return std::move(found.value);
      }
      // Names with a colon are env entries.
      if (!app_.settings.env_os_fallback || name.find(':') != std::string::npos) return std::nullopt;
      return environment_(name);
    };
    rules.unset_hint = "declare it as env.variable, set it, or write ${env:NAME|fallback}";
    for (Member& member : data.members) {
      if (member.key == "source" && entry.kind.ends_with(".lua")) continue;  // program text is never touched
      interpolate(member.value, member.key, site, rules);
    }
  }

  const LoadOptions& options_;
  Lookup environment_;
  EntryVariables variables_;  // empty until the env entries are read
  Problems problems_;
  Application app_;
  std::set<EntryId> broken_;
};

}  // namespace

std::variant<Application, LoadFailure> load_application(const LoadOptions& options) { return Loader(options).load(); }

void parse_entry(Entry& entry, const Settings& settings, const LoadOptions& options, Problems& problems) {
  Loader(options).parse_late(entry, settings, problems);
}

}  // namespace wippy::app
