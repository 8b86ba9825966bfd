// Deadlocks: circles of processes that wait for one another and for nobody else.
//
// Only waits count that a single process can end: exec (it waits for its child's end) and a send that waits for room in a bounded
// mailbox. Each wait of a process has a ref of its own (WaitTarget). A circle is named when two rounds in a row saw every one of
// its waits with the same ref: between the end of the first and the begin of the second all of them held at once, so none of its
// processes could do anything, and none can now. What one round shows may never have been: its rows are of different moments.
#pragma once

#include <vector>

#include "runtime/inspect/inspector.hpp"

namespace wippy {

struct Deadlock {
  std::vector<ProcessRow> members;  // each waits for the next, the last for the first; the least pid first
};

// One observer's. Thread-safety: none.
class DeadlockWatch {
 public:
  // Circles that this round and the one before show, by their first member.
  std::vector<Deadlock> look(const Snapshot& round);

 private:
  struct Wait {
    uint64_t pid, target, ref;
    friend bool operator==(const Wait&, const Wait&) = default;
  };
  using Circle = std::vector<Wait>;
  std::vector<Circle> before_;
};

}  // namespace wippy
