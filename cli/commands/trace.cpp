#include <fstream>
#include <sstream>

#include "cli/commands/commands.hpp"
#include "cli/loading.hpp"
#include "runtime/observe/flight_trace.hpp"

namespace wippy::cli {

int trace(const TraceArguments& arguments, const Streams& streams) {
  std::ifstream in(arguments.recording, std::ios::binary);
  if (!in) return fail(streams, "cannot read " + arguments.recording);
  observe::FlightCapture capture;
  std::string error;
  if (!observe::read_raw_flight(in, capture, error)) return fail(streams, arguments.recording + ": " + error);
  const auto pid_text = [](std::uint64_t pid) {
    std::ostringstream text;
    text << "0x" << std::hex << pid;
    return text.str();
  };
  if (!observe::write_chrome_trace(capture, pid_text, arguments.output, error)) return fail(streams, error);
  return 0;
}

}  // namespace wippy::cli
