// Every plain Lua program of the tree: *.lua, and the entries of the scripts in tests/lua.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/lua_process/script_file.hpp"
#include "tests/unit/lua_typed/case_file.hpp"

namespace wippy::lua::typed::test {

struct PlainProgram {
  std::string name;
  std::string text;
};

inline std::vector<PlainProgram> plain_programs() {
  namespace fs = std::filesystem;
  std::vector<PlainProgram> out;
  for (const char* const folder : {"examples", "tests", "bench", "editor"}) {
    for (const auto& file : fs::recursive_directory_iterator(root() + "/" + folder)) {
      const std::string path = file.path().string();
      if (file.path().extension() != ".lua" || file.path().filename() == "z_typed.lua") continue;
      if (file.path().parent_path().filename() != "lua" || path.find("/tests/lua/") == std::string::npos) {
        out.push_back({path, lua::test::read_file(path)});
        continue;
      }
      for (const lua::test::ScriptEntry& e : lua::test::parse_script(path))
        out.push_back({path + " " + e.id, e.source});
    }
  }
  return out;
}

}  // namespace wippy::lua::typed::test
