// `-m`: a limit of memory for the whole program.
#pragma once

#include <cstdint>
#include <string>

namespace wippy::cli {

// From now on the program may take `bytes` more than it has: the kernel refuses private memory beyond (RLIMIT_DATA), and who
// asked for it, a process as a rule, fails with its out-of-memory error while the others go on. What the runtime has mapped
// before, the table of processes and the stacks of threads, does not count. Empty, or why it did not work.
std::string limit_memory(std::int64_t bytes);

}  // namespace wippy::cli
