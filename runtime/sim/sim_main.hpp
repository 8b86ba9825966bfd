// The simulation around a whole program: what wippy-sim does before and after main.
#pragma once

#include <functional>

namespace wippy::sim {

// Runs `program(argc, argv)` in a simulation with the seed of `--seed N` (or --seed=N; 0 without) and gives its exit code.
// Afterwards one line on stderr: "sim: seed=7 hash=0x… events=123 … virtual_time=0.001234s"; when the run fails, who waits
// for what, and exit code 3.
//
// When nothing can happen any more, or after WIPPY_SIM_SECONDS (3600) of virtual time, the operator asks the program to
// stop, once, as SIGTERM would. Nothing afterwards: deadlock, or limit reached after another 60 s.
// WIPPY_SIM_TRACE=1 writes every event to stderr, =2 also every switch.
int sim_main(int argc, char** argv, int (*program)(int argc, char** argv));

// How the operator reaches the program; an empty function: not at all. `stop` runs between two fibers: it may set atomics
// and unpark, but not block.
void set_operator(std::function<void()> stop);

}  // namespace wippy::sim
