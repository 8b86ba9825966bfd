// May the code inside a process do this? Asked by every guarded operation (spec/host.md §5.8) before it does anything.
//
// Thread-safety: on the worker that runs `self`.
#pragma once

#include <string_view>

#include "runtime/process/context.hpp"

namespace wippy {

// What a check knows beside the caller, the action and the resource; conditions of policies name them as `meta.<name>`.
struct CheckAttributes {
  Pid target;              // gives target_pid and target_host; none: no such attributes
  std::string_view topic;  // of process.send; empty: no such attribute
};

// True: allowed. No scope, actor or boundary in force: one test of a flag.
bool check_permission(Context& self, std::string_view action, std::string_view resource,
                      const CheckAttributes& attributes = {}) noexcept;

}  // namespace wippy
