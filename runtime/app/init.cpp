#include "runtime/app/init.hpp"

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace wippy::app {

std::string write_lock_file(const std::filesystem::path& path, const LockFile& lock) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "directories" << YAML::Value << YAML::BeginMap;
  out << YAML::Key << "src" << YAML::Value << lock.source;
  out << YAML::Key << "modules" << YAML::Value << lock.modules;
  out << YAML::EndMap << YAML::EndMap;
  const std::string text = std::string(out.c_str()) + '\n';
  // "x": two programs at once cannot both create it, and no file is ever overwritten.
  std::FILE* const file = std::fopen(path.c_str(), "wx");
  if (file == nullptr) {
    if (errno == EEXIST) return path.generic_string() + " exists already and was left as it is";
    return "cannot write " + path.generic_string() + ": " + std::strerror(errno);
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  if (std::fclose(file) == 0 && written) return "";
  const std::string why = "cannot write " + path.generic_string() + ": " + std::strerror(written ? errno : error);
  std::remove(path.c_str());
  return why;
}

}  // namespace wippy::app
