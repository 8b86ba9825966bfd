#include "cli/program.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string_view>
#include <system_error>

#include "cli/cli.hpp"
#include "cli/lua_syntax.hpp"
#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "lua/library.hpp"
#include "runtime/observe/terminal.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/sim_main.hpp"
#endif

namespace wippy::cli {

namespace {

const NativeRegistry* g_natives = nullptr;  // written before the simulation starts fibers

// Best effort: the line is a courtesy.
void write_terminal(std::string_view text) {
  const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

int start_simulation(const std::vector<std::string>& args, const Streams& streams) {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string() + "-sim";
  std::vector<std::string> words{program};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  streams.out.flush();
  execv(program.c_str(), pointers.data());
  streams.err << "Error: cannot start the simulation " << program << ": " << std::strerror(errno) << '\n';
  return 1;
}

int run_front(int argc, char** argv) {
  Hooks hooks;
  hooks.run = run_application;
  hooks.start_simulation = start_simulation;
  hooks.syntax = check_lua_syntax;
  hooks.natives = g_natives;
  hooks.modules = lua::module_names();
#if defined(WIPPY_SIM) && WIPPY_SIM
  hooks.is_simulation = true;
#endif
  const bool colored = observe::stderr_takes_color();
  for (const std::string& problem : g_natives->problems()) std::cerr << error_label(colored) << problem << '\n';
  if (!g_natives->problems().empty()) return 1;
  std::optional<Progress> progress;
  if (observe::stderr_is_terminal())
    hooks.progress = &progress.emplace([](std::string_view text) { write_terminal(text); });
  try {
    return run_cli({argv + (argc > 0 ? 1 : 0), argv + argc}, {std::cout, std::cerr, colored}, hooks);
  } catch (const std::exception& error) {
    end_progress(hooks.progress);
    std::cerr << error_label(colored) << "internal: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace

int run_program(int argc, char** argv, const NativeRegistry& natives) {
  g_natives = &natives;
#if defined(WIPPY_SIM)
  return sim::sim_main(argc, argv, run_front);
#else
  return run_front(argc, argv);
#endif
}

}  // namespace wippy::cli
