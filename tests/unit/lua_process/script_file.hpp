// A conformance script of tests/lua: test processes and the entries they use, in one file.
//
//   --@ entry app.test:worker [method=name] [memory=bytes] [import=alias=entry] [module …]
//                                                          the lines up to the next marker are the source of that entry
//   --@ test C-029 [workers=1] what it shows              likewise, of a process that must return true; else 2 workers
//   --@ test [json uuid] C-302 what it shows              the same with modules besides `time`
//   --@ test C-055 tsan=no what it shows                  not under ThreadSanitizer: minutes of one thread's own work
//
// Entries get the module `time` and the import `t` (tests/lua/helper/t.lua); entries given with modules get those instead.
#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace wippy::lua::test {

struct ScriptEntry {
  std::string id;
  std::string title;  // of tests
  std::string method = "main";
  std::vector<std::string> modules;
  std::size_t memory_limit = 0;
  std::vector<std::pair<std::string, std::string>> imports;  // alias, entry before this one
  std::string source;
  uint32_t workers = 2;  // of the host that runs the test
  bool is_test = false;
  bool under_tsan = true;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// `word` is part of a test's list of modules, "[json", "uuid]" or "[json]": adds it.
inline bool take_module(std::string word, std::vector<std::string>& modules) {
  const bool first = word.front() == '[';
  const bool open = !modules.empty() && modules.back().empty();  // the mark of an unfinished list
  if (!first && !open) return false;
  if (open) modules.pop_back();
  const bool last = word.back() == ']';
  modules.push_back(word.substr(first ? 1 : 0, word.size() - (first ? 1 : 0) - (last ? 1 : 0)));
  if (!last) modules.emplace_back();
  return true;
}

inline std::vector<ScriptEntry> parse_script(const std::string& path) {
  std::istringstream in(read_file(path));
  std::vector<ScriptEntry> out;
  std::string line;
  int number = 0;
  while (std::getline(in, line)) {
    ++number;
    if (line.rfind("--@ ", 0) == 0) {
      ScriptEntry e;
      std::istringstream words(line.substr(4));
      std::string what;
      words >> what >> e.id;
      e.is_test = what == "test";
      if (!e.is_test && what != "entry") throw std::runtime_error(path + ": bad marker: " + line);
      if (e.is_test && !take_module(e.id, e.modules)) e.title = e.id;
      std::string word;
      while (words >> word) {
        if (e.is_test && word.rfind("workers=", 0) == 0) {
          e.workers = static_cast<uint32_t>(std::stoul(word.substr(8)));
        } else if (e.is_test && word == "tsan=no") {
          e.under_tsan = false;
        } else if (e.is_test) {
          if (!take_module(word, e.modules)) e.title += (e.title.empty() ? "" : " ") + word;
        } else if (word.rfind("method=", 0) == 0) {
          e.method = word.substr(7);
        } else if (word.rfind("memory=", 0) == 0) {
          e.memory_limit = std::stoull(word.substr(7));
        } else if (word.rfind("import=", 0) == 0) {
          const std::size_t equals = word.find('=', 7);
          e.imports.emplace_back(word.substr(7, equals - 7), word.substr(equals + 1));
        } else {
          e.modules.push_back(word);
        }
      }
      if (e.is_test || e.modules.empty()) e.modules.emplace_back("time");
      if (e.is_test) e.id = "test:" + e.title.substr(0, e.title.find(' ')) + "@" + std::to_string(number);
      e.source = std::string(static_cast<std::size_t>(number), '\n');  // line numbers as in the file
      out.push_back(std::move(e));
    } else if (!out.empty()) {
      out.back().source += line + "\n";
    }
  }
  return out;
}

}  // namespace wippy::lua::test
