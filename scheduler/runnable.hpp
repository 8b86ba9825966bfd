// What a worker runs. The scheduler knows nothing else: a process, a fork-join task and a host's housekeeping job are all
// Runnables; messages, links and PIDs live above.
//
// Invariant: **at most one queue holds a Runnable.** Whoever holds it may write queue_next; nobody else may read it.
//   created  held by its creator, who submits it exactly once
//   queued   held by that queue (run slot, ring, newborn deque, inbox, overflow FIFO)
//   running  held by the worker inside run()
// A process is submitted once per untagged -> tagged -> untagged cycle of its mailbox head (rulings.md S2).
// Nothing here is atomic: every queue publishes with release and takes with acquire, so what one worker wrote in run() is
// seen by the next worker that runs the same Runnable.
#pragma once

#include <cstdint>

namespace wippy {

class Worker;

enum class [[nodiscard]] Outcome : uint8_t{
    // run() has given the Runnable away (to the sender of its next signal) or freed it: the worker does not even read it
    kDone,
    kRequeue,  // still runnable (budget spent, or a gap in its mailbox): to the FIFO end of the worker's ring
    kSpent,    // still runnable after a whole time slice: to the host's FIFO, behind those that did not take so much
};

class Runnable {
 public:
  // One step. Bounded by the budget of the worker; never blocks; nothing is thrown out of it.
  virtual Outcome run(Worker& worker) noexcept = 0;

  Runnable* queue_next = nullptr;  // plain; belongs to the queue that holds this Runnable

 protected:
  ~Runnable() = default;  // nobody deletes through this base
};

}  // namespace wippy
