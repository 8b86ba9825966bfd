// What a scheduler shows of itself, as text.
#pragma once

#include <string>

namespace wippy {

class Scheduler;

// "app:processes workers=4 active=2 awake=1 searching=0 queued=3 steps=…" and all counters; any thread, approximate.
std::string scheduler_line(Scheduler& s);

}  // namespace wippy
