// `wippy` with two native processes of its own: primes.cpp and tally.cpp register them.
#include "cli/program.hpp"

int main(int argc, char** argv) { return wippy::cli::run_program(argc, argv); }
