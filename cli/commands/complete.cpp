#include <algorithm>
#include <ostream>
#include <set>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"
#include "cli/resolve.hpp"

namespace wippy::cli {
namespace {

using app::Application;
using Words = std::vector<std::string>;

// Where the unfinished word stands.
struct Place {
  std::string directory = ".";
  std::string verb;                     // "", "run", "registry list" …
  const std::string* option = nullptr;  // the unfinished word is the value of this option
  bool exec = false;                    // -x was given
  bool behind = false;  // behind the verb's first word of its own, or `--`: nothing of wippy's comes here
};

const OptionInfo* find_option(const std::vector<OptionInfo>& options, const std::string& name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const OptionInfo& option) {
    return std::find(option.names.begin(), option.names.end(), name) != option.names.end();
  });
  return found == options.end() ? nullptr : &*found;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* n) { return name == n; });
}

void take_value(Place& place, const std::string& option, const std::string& value) {
  if (is_one_of(option, {"-C", "--dir"})) place.directory = value;
}

// A word that is no option.
void take_word(Place& place, const std::string& word) {
  if (place.verb.empty()) {
    place.verb = word;
  } else if (place.verb == "registry") {
    place.verb += ' ' + word;
  } else {
    place.behind = true;
  }
}

Place find_place(const Words& words) {
  Place place;
  for (std::size_t i = 0; i + 1 < words.size() && !place.behind; ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      place.behind = place.exec;  // else the command follows
      continue;
    }
    if (word.empty() || word[0] != '-') {
      take_word(place, word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    place.exec |= is_one_of(name, {"-x", "--exec"});
    const std::vector<OptionInfo> options = verb_options(place.verb);
    const OptionInfo* option = find_option(options, name);
    if (option == nullptr || !option->takes_value) continue;
    if (equals != std::string::npos) {
      take_value(place, name, word.substr(equals + 1));
    } else if (i + 2 == words.size()) {
      place.option = &word;
    } else {
      take_value(place, name, words[++i]);
    }
  }
  return place;
}

template <class Ids>
void add_ids(std::set<std::string>& out, const Ids& ids) {
  for (const app::EntryId& id : ids) out.insert(id.text());
}

void add_commands(std::set<std::string>& out, const Application& app, bool tests) {
  out.insert("list");
  for (const app::CommandEntry& entry : app.commands) {
    if (!tests || entry.command.use_case == app::UseCase::kTest) out.insert(entry.command.name);
  }
}

// Values of options that name something of the application.
void add_values(std::set<std::string>& out, const Application& app, const std::string& option) {
  if (is_one_of(option, {"-x", "--exec"})) add_ids(out, app.processes);
  if (option == "--host") add_ids(out, terminal_hosts(app));
  for (const auto& [id, entry] : app.entries) {
    if (is_one_of(option, {"-k", "--kind"})) out.insert(entry.kind);
    if (is_one_of(option, {"-n", "--ns"})) out.insert(id.space);
    if (option == "--name") out.insert(id.name);
  }
}

void add_of_application(std::set<std::string>& out, const Application& app, const Place& place) {
  if (place.option != nullptr) return add_values(out, app, *place.option);
  if (place.verb == "run" && !place.exec) add_commands(out, app, false);
  if (place.verb == "test") add_commands(out, app, true);
  if (place.verb == "registry show") {
    for (const auto& [id, entry] : app.entries) out.insert(id.text());
  }
}

bool wants_application(const Place& place) {
  if (place.option != nullptr)
    return is_one_of(*place.option, {"-x", "--exec", "--host", "-k", "--kind", "-n", "--ns", "--name"});
  return is_one_of(place.verb, {"run", "test", "registry show"});
}

std::set<std::string> candidates(const Place& place, bool wants_option, const Hooks& hooks) {
  std::set<std::string> out;
  if (place.behind) return out;
  if (wants_option && place.option == nullptr) {
    out.insert("--help");
    for (const OptionInfo& option : verb_options(place.verb)) out.insert(option.names.begin(), option.names.end());
    return out;
  }
  if (place.option == nullptr) {
    Words names;
    if (place.verb.empty() || place.verb == "help") names = verb_names();
    if (place.verb == "registry") names = {"list", "show"};
    if (place.verb == "completion") names = {"bash", "fish", "zsh"};
    out.insert(names.begin(), names.end());
  }
  if (!wants_application(place)) return out;
  CommonArguments common;
  common.directory = place.directory;
  common.allow_unknown_kinds = true;
  app::LoadOptions options = load_options(common, hooks);
  options.syntax = {};  // what does not compile has its name all the same
  const auto loaded = app::load_application(options);
  if (const auto* app = std::get_if<Application>(&loaded)) add_of_application(out, *app, place);
  return out;
}

}  // namespace

int complete(const CompleteArguments& arguments, const Streams& streams, const Hooks& hooks) {
  const Words words = arguments.words.empty() ? Words{""} : arguments.words;
  const std::string& unfinished = words.back();
  const Place place = find_place(words);
  for (const std::string& candidate : candidates(place, unfinished.starts_with('-'), hooks)) {
    if (candidate.starts_with(unfinished)) streams.out << candidate << '\n';
  }
  return 0;
}

}  // namespace wippy::cli
