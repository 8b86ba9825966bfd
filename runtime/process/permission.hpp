// May the code inside a process do this? Asked by every guarded operation (spec/host.md §5.8) before it does anything.
// How a decision is found, and what is remembered: docs/internals/security.md.
//
// Thread-safety: on the worker that runs `self`.
#pragma once

#include <string_view>

#include "runtime/process/context.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/process/security.hpp"

namespace wippy {

// What a check knows beside the caller, the action and the resource; conditions of policies name them as `meta.<name>`.
struct CheckAttributes {
  Pid target;              // gives target_pid and target_host; none: no such attributes
  std::string_view topic;  // of process.send; empty: no such attribute
};

// True: allowed. An empty resource with a target: the resource is the target's PID text. No scope, actor, boundary or strict
// mode in force anywhere on the node: one test of a flag.
bool decide_permission(Context& self, std::string_view action, std::string_view resource,
                       const CheckAttributes& attributes) noexcept;
inline bool check_permission(Context& self, std::string_view action, std::string_view resource,
                             const CheckAttributes& attributes = {}) noexcept {
  return !self.node().guarded() || decide_permission(self, action, resource, attributes);
}

// What security.can answers: actor and scope are there and allow it, and so does the host's boundary. `given`: more
// attributes, which hide those of the check.
bool surely_permitted(Context& self, std::string_view action, std::string_view resource,
                      const Attributes& given) noexcept;

// The frame of a process that is to run on `host`: `base`, or with the host's own actor when `base` has none.
FramePtr frame_on_host(HostCore& host, const FramePtr& base);

}  // namespace wippy
