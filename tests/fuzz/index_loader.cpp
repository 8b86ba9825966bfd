// libs: wippy_runtime_app
// Whole applications of arbitrary text: an index file, .wippy.yaml and wippy.lock, separated by lines of "%%". Whatever they are, they
// are loaded or refused with problems that have a place.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "runtime/app/application.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path& root() {
  static const fs::path kRoot = [] {
    const fs::path base = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string name = (base / "wippy-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    fs::create_directories(fs::path(name) / "src");
    std::ofstream(fs::path(name) / "src/worker.lua") << "return { main = function() end }\n";
    std::atexit([] { fs::remove_all(root()); });
    return fs::path(name);
  }();
  return kRoot;
}

void put(const char* path, std::string_view text) {
  const fs::path full = root() / path;
  if (text.empty()) {
    fs::remove(full);
  } else {
    std::ofstream(full, std::ios::binary) << text;
  }
}

std::string_view next_part(std::string_view& rest) {
  const std::size_t end = rest.find("\n%%\n");
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 4);
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 16'384) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  put("src/_index.yaml", next_part(rest));
  put(".wippy.yaml", next_part(rest));
  put("wippy.lock", next_part(rest));
  wippy::app::LoadOptions options;
  options.root = root();
  options.environment = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = wippy::app::load_application(options);
  const auto* const failure = std::get_if<wippy::app::LoadFailure>(&loaded);
  if (failure == nullptr) return 0;
  if (failure->errors.empty()) __builtin_trap();
  for (const wippy::app::Problem& p : failure->errors) {
    if (p.file.empty() || p.message.empty() || p.text().find('\n') != std::string::npos) __builtin_trap();
  }
  return 0;
}
