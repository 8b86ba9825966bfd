// What a worker runs. The scheduler knows nothing else: a process, a fork-join task and a host's housekeeping job are all
// Runnables; messages, links and PIDs live above.
//
// Invariant: **at most one queue holds a Runnable.** Whoever holds it may write queue_next; nobody else may read it.
//   created        held by its creator, who submits it exactly once
//   in a queue     held by that queue (run slot, ring, newborn deque, inbox, overflow FIFO)
//   running        held by the worker inside run()
//   after kDone    held by nobody the worker knows: run() has already given it away (a mailbox that went idle hands the
//                  Runnable to the sender of the next signal; a task may have freed itself). The worker must not touch
//                  it again, not even to read it.
//   after kRequeue held by the worker, who puts it at the FIFO end of its ring
// A process's "submit exactly once" is the untagged -> tagged -> untagged cycle of its mailbox head (rulings.md S2): only
// the sender that removes the idle tag submits.
//
// Memory order: every queue publishes with release and takes with acquire, so what one worker wrote in run() is seen by
// the next worker that runs the same Runnable. Nothing in here is atomic.
#pragma once

#include <cstdint>

namespace wippy {

class Worker;

enum class [[nodiscard]] Outcome : uint8_t{
    kDone,     // the worker forgets the Runnable without touching it
    kRequeue,  // still runnable (budget spent, or a gap in its mailbox): to the FIFO end of the worker's ring
};

class Runnable {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;

  // One step. Bounded by the budget of the worker; never blocks; nothing is thrown out of it.
  virtual Outcome run(Worker& worker) noexcept = 0;

  Runnable* queue_next = nullptr;  // plain; belongs to the queue that holds this Runnable

 protected:
  ~Runnable() = default;  // nobody deletes through this base
};

}  // namespace wippy
