// The programs wippy and wippy-sim (the latter compiled with WIPPY_SIM).
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/cli.hpp"
#include "cli/lua_syntax.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/sim_main.hpp"
#endif

namespace {

using wippy::cli::Streams;

int start_simulation(const std::vector<std::string>& args, const Streams& streams) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "wippy-sim").string();
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

int run_program(int argc, char** argv) {
  wippy::cli::Hooks hooks;
  hooks.run = wippy::cli::run_application;
  hooks.start_simulation = start_simulation;
  hooks.syntax = wippy::cli::check_lua_syntax;
#if defined(WIPPY_SIM) && WIPPY_SIM
  hooks.is_simulation = true;
#endif
  try {
    return wippy::cli::run_cli({argv + (argc > 0 ? 1 : 0), argv + argc}, {std::cout, std::cerr}, hooks);
  } catch (const std::exception& error) {
    std::cerr << "Error: internal: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
#if defined(WIPPY_SIM)
  return wippy::sim::sim_main(argc, argv, run_program);
#else
  return run_program(argc, argv);
#endif
}
