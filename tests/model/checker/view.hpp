// Views: what a thread, or a message, knows of the memory.
//
// A view holds, per location, the stamp of the oldest message in its modification order that may still be read (`at`), and,
// per thread, how much of that thread's past happens before this point (`clock`, a vector clock). The two parts travel
// together through acquire and release; only SC fences carry `at` without `clock`, because two SC fences order what may be
// read but create no happens-before (C++20 [atomics.order]).
//
// Sources: Kang, Hur, Lahav, Vafeiadis, Dreyer, "A promising semantics for relaxed-memory concurrency" (POPL 2017), without
// promises; Flanagan, Freund, "FastTrack" (PLDI 2009) for the race check.
#pragma once

#include <cstdint>

namespace wippy::model {

inline constexpr int kMaxThreads = 8;      // thread 0 is setup and finish, 1… are the fibers
inline constexpr int kMaxLocations = 120;  // atomics touched in one execution; 8 + 120 shorts make 256 bytes

struct alignas(32) View {
  int16_t clock[kMaxThreads];
  int16_t at[kMaxLocations];

  void clear() noexcept { *this = View{}; }
  void join(const View& o) noexcept {
    const int16_t* from = o.clock;
    int16_t* to = clock;
    for (int i = 0; i < kMaxThreads; ++i) to[i] = from[i] > to[i] ? from[i] : to[i];
    join_locations(o);
  }
  void join_locations(const View& o) noexcept {
    for (int i = 0; i < kMaxLocations; ++i) at[i] = o.at[i] > at[i] ? o.at[i] : at[i];
  }
};
static_assert(sizeof(View) == 256);

}  // namespace wippy::model
