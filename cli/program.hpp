// The whole program `wippy` as a function, so that a program of one's own can have native processes (docs/native.md):
//
//   int main(int argc, char** argv) { return wippy::cli::run_program(argc, argv); }
#pragma once

#include "runtime/native/registry.hpp"

namespace wippy::cli {

// The exit code. `natives` outlives the call. Called once, from the main thread before any other thread is started: takes over
// signals and streams. Compiled with WIPPY_SIM it runs in the simulation; a program NAME looks for its simulation in NAME-sim
// beside itself (--sim).
int run_program(int argc, char** argv, const NativeRegistry& natives = NativeRegistry::linked());

}  // namespace wippy::cli
