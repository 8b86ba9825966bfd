// Runnables that are only queued, never run.
#pragma once

#include <vector>

#include "scheduler/runnable.hpp"

namespace wippy::bench {

class Ball final : public Runnable {
 public:
  Outcome run(Worker&) noexcept override { return Outcome::kDone; }
};

}  // namespace wippy::bench
