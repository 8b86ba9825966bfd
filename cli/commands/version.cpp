#include <ostream>

#include "cli/commands/commands.hpp"

namespace wippy::cli {

int version(const VersionArguments& arguments, const Streams& streams) {
  streams.out << (arguments.brief ? "" : "wippy ") << kVersion << '\n';
  return 0;
}

}  // namespace wippy::cli
