// libs: wippy_lua wippy_runtime wippy_cli
// Registers one test per `--@ test` of tests/lua/*.lua: LuaConformance_<file>.<C-numbers and title>.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

std::string scripts_folder() {
  const char* root = std::getenv("WIPPY_SOURCE_DIR");
  return std::string(root != nullptr ? root : ".") + "/tests/lua";
}

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

class ScriptTest : public ::testing::Test {
 public:
  ScriptTest(std::string path, std::string id, uint32_t workers)
      : path_(std::move(path)), id_(std::move(id)), workers_(workers) {}

  void TestBody() override {
    LuaNode node(workers_);
    node.make_current();
    node.set_helper(read_file(scripts_folder() + "/helper/t.lua"));
    for (const ScriptEntry& e : parse_script(path_)) {
      const std::string problem = node.add(e);
      if (e.is_test) {
        EXPECT_EQ(problem, "");
      }
    }
    const LuaNode::Ending end = node.run(id_);
    EXPECT_FALSE(end.abnormal) << end.text << "\nprinted:\n" << LuaNode::lines();
    EXPECT_EQ(end.text, "true") << "printed:\n" << LuaNode::lines();
  }

 private:
  std::string path_;
  std::string id_;
  uint32_t workers_;
};

std::string as_name(const std::string& title) {
  std::string out;
  for (const char c : title) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
    } else if (c != '-' && !out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

bool register_all() {
  std::vector<std::string> files;
  for (const auto& f : std::filesystem::directory_iterator(scripts_folder())) {
    if (f.path().extension() == ".lua") files.push_back(f.path().string());
  }
  std::sort(files.begin(), files.end());
  for (const std::string& path : files) {
    const std::string suite = "LuaConformance_" + std::filesystem::path(path).stem().string();
    for (const ScriptEntry& e : parse_script(path)) {
      if (!e.is_test || (kThreadSanitizer && !e.under_tsan)) continue;
      ::testing::RegisterTest(
          suite.c_str(), as_name(e.title).c_str(), nullptr, nullptr, path.c_str(), 1,
          [path, id = e.id, workers = e.workers]() -> ::testing::Test* { return new ScriptTest(path, id, workers); });
    }
  }
  return true;
}
const bool registered = register_all();

}  // namespace
}  // namespace wippy::lua::test
