// What the annotation files of editor/luals/library declare, as names:
//
//   process.event.EXIT   a global, or a field of one: class wippy.process.event, or function process.…
//   Timer:stop           a method of an object: class wippy.Timer
//   Event.kind           a field of a plain table: class wippy.Event
//
// A class with a capital letter is an object's, the others are those of global tables.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace wippy::lua::test {

inline std::vector<std::string> sorted_files(const std::string& folder, const std::string& extension) {
  std::vector<std::string> files;
  for (const auto& f : std::filesystem::recursive_directory_iterator(folder)) {
    if (f.path().extension() == extension) files.push_back(f.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class DeclaredNames {
 public:
  explicit DeclaredNames(const std::string& folder) {
    for (const std::string& path : sorted_files(folder, ".lua")) read(path);
  }
  const std::set<std::string>& names() const { return names_; }

 private:
  void read(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::map<std::string, std::string> classes;  // variable of this file -> what its functions belong to
    std::string line;
    std::string open_class;  // the annotation just above
    std::string type;
    while (std::getline(in, line)) {
      if (const std::string c = after(line, "---@class "); !c.empty()) {
        open_class = owner(c);
      } else if (const std::string f = after(line, "---@field "); !f.empty() && f.front() != '[') {
        names_.insert(open_class + "." + word(f));
      } else if (const std::string t = after(line, "---@type "); !t.empty()) {
        type = owner(t);
      } else if (const std::string function = after(line, "function "); !function.empty()) {
        add_function(function.substr(0, function.find('(')), classes);
      } else if (line.empty()) {
        open_class.clear();
        type.clear();
      } else if (line.find(" = ") != std::string::npos && line.rfind("--", 0) != 0) {
        const bool is_local = line.rfind("local ", 0) == 0;
        const std::string variable = word(is_local ? line.substr(6) : line);
        if (!open_class.empty()) classes[variable] = open_class;
        if (!is_local) names_.insert(variable);
        if (!is_local && !type.empty()) aliases_[variable] = type;
      }
    }
    for (const auto& [variable, object] : aliases_) {  // a global that is such an object, too
      const std::set<std::string> known = names_;
      for (const std::string& n : known) {
        if (n.rfind(object + ":", 0) == 0) names_.insert(variable + "." + n.substr(object.size() + 1));
      }
    }
  }

  void add_function(std::string name, const std::map<std::string, std::string>& classes) {
    const std::size_t end = name.find_first_of(".:");
    const auto found = classes.find(name.substr(0, end));
    if (found != classes.end() && end != std::string::npos) name = found->second + name.substr(end);
    names_.insert(name);
  }

  static std::string after(const std::string& line, const std::string& prefix) {
    return line.rfind(prefix, 0) == 0 ? line.substr(prefix.size()) : std::string();
  }
  static std::string word(const std::string& text) {
    return {text.begin(), std::find_if_not(text.begin(), text.end(), is_name_character)};
  }
  // "wippy.process.event : x" -> "process.event", "wippy.Timer" -> "Timer"
  static std::string owner(const std::string& text) {
    const std::string prefix = "wippy.";
    if (text.rfind(prefix, 0) != 0) return {};
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(prefix.size());
    return {begin, std::find_if_not(begin, text.end(), [](char c) { return is_name_character(c) || c == '.'; })};
  }

  std::set<std::string> names_;
  std::map<std::string, std::string> aliases_;
};

// Every "name" in quotes in the sources of `folder`: whatever a script can reach by name is among them.
inline std::set<std::string> quoted_names(const std::string& folder) {
  std::set<std::string> out;
  std::vector<std::string> paths = sorted_files(folder, ".cpp");
  for (const std::string& path : sorted_files(folder + "/modules", ".cpp")) paths.push_back(path);
  for (const std::string& path : paths) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 1)) {
      std::size_t end = at + 1;
      while (end < text.size() && is_name_character(text[end])) ++end;
      if (end > at + 1 && end < text.size() && text[end] == '"') out.insert(text.substr(at + 1, end - at - 1));
    }
  }
  return out;
}

}  // namespace wippy::lua::test
