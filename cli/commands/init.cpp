#include "runtime/app/init.hpp"

#include <filesystem>
#include <ostream>
#include <system_error>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"

namespace wippy::cli {

int init(const InitArguments& arguments, const Streams& streams) {
  const std::filesystem::path root = arguments.common.directory;
  const std::string why = app::write_lock_file(root / arguments.lock_file, {arguments.source, arguments.modules});
  if (!why.empty()) return fail(streams, why);
  streams.out << "wrote " << (root / arguments.lock_file).lexically_normal().generic_string() << '\n';
  std::error_code ignored;
  if (!std::filesystem::is_directory(root / arguments.source, ignored)) {
    streams.out << "Put the application's first index file at "
                << (root / arguments.source / "_index.yaml").lexically_normal().generic_string() << ".\n";
  }
  return 0;
}

}  // namespace wippy::cli
