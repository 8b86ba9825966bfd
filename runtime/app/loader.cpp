// Loads an application in the order of host.md §1: settings, source root, index files, entries, kinds, plan.
#include <cstdlib>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/app/application.hpp"
#include "runtime/app/files.hpp"
#include "runtime/app/index_file.hpp"
#include "runtime/app/plan.hpp"

namespace wippy::app {
namespace {

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
    for (auto& [id, entry] : app_.entries) parse(entry);
    std::erase_if(app_.entries, [&](const auto& item) { return broken_.contains(item.first); });
    make_plan(app_, broken_, disabled, problems_);
  }

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
    if (options_.allow_unknown_kinds) return problems_.warning(std::move(problem));
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
    KindContext context{entry, site, &options_.syntax, options_.modules ? &*options_.modules : nullptr,
                        options_.factories ? &*options_.factories : nullptr};
    FieldReader fields(data, "", site);
    entry.config = spec->parse(fields, context);
    fields.finish();
  }

  void fill_placeholders(const Entry& entry, Node& data, const Site& site) {
    PlaceholderRules rules;
    rules.environment = [this](const std::string& name) -> std::optional<std::string> {
      // Names with a colon are env entries.
      if (!app_.settings.env_os_fallback || name.find(':') != std::string::npos) return std::nullopt;
      return environment_(name);
    };
    rules.unset_hint = "only variables of the operating system are supported by this build";
    for (Member& member : data.members) {
      if (member.key == "source" && entry.kind.ends_with(".lua")) continue;  // program text is never touched
      interpolate(member.value, member.key, site, rules);
    }
  }

  const LoadOptions& options_;
  Lookup environment_;
  Problems problems_;
  Application app_;
  std::set<EntryId> broken_;
};

}  // namespace

std::variant<Application, LoadFailure> load_application(const LoadOptions& options) { return Loader(options).load(); }

}  // namespace wippy::app
