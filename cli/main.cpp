// The programs wippy and wippy-sim (the latter compiled with WIPPY_SIM).
#include "cli/program.hpp"

int main(int argc, char** argv) { return wippy::cli::run_program(argc, argv); }
