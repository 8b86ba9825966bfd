// The explorer: runs a scenario in every order its threads can take, within a bound on preemptions, and with every value
// each load may return.
//
// A scenario is a struct:
//   static constexpr int kThreads = 3;
//   Scenario();              setup, as thread 0
//   void thread(int id);     body of modelled thread 0 … kThreads-1
//   void finish();           optional: end state, after all threads were joined
// It is built afresh, at the same address, for every execution. It must be deterministic: the same choices, the same
// operations. It must not use thread_local state other than t_this_thread, nor locks other than pthread mutexes.
//
// Method: depth-first enumeration of a choice sequence that is replayed from the start each time (stateless search, as in
// Godefroid's VeriSoft, POPL 1997; the odometer is TigerBeetle's "exhaustigen"); preemption bounding after Musuvathi and
// Qadeer (PLDI 2007): most concurrency errors need few preemptions.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <vector>

#include "model/checker/var.hpp"
#include "model/checker/world.hpp"

namespace wippy::model {

struct Program {
  std::size_t bytes = 0;
  std::size_t align = 0;
  int threads = 0;
  void (*construct)(void*) = nullptr;
  void (*run)(void*, int) = nullptr;
  void (*finish)(void*) = nullptr;
  void (*destroy)(void*) = nullptr;
};

template <class S>
Program program() {
  static_assert(S::kThreads >= 1 && S::kThreads < kMaxThreads);
  Program p;
  p.bytes = sizeof(S);
  p.align = alignof(S);
  p.threads = S::kThreads;
  p.construct = [](void* at) { new (at) S; };
  p.run = [](void* at, int id) { static_cast<S*>(at)->thread(id - 1); };
  p.finish = [](void* at) {
    if constexpr (requires(S & s) { s.finish(); }) static_cast<S*>(at)->finish();
  };
  p.destroy = [](void* at) { static_cast<S*>(at)->~S(); };
  return p;
}

struct Exploration {
  bool failed = false;
  bool complete = false;  // every execution within the bound was run
  std::string why;        // of the failure
  uint64_t executions = 0;
  double seconds = 0;
  std::vector<Choice> path;  // the failing execution
};

Exploration explore(const Program& program, const Options& options);
// Runs one execution again and renders what every thread did.
std::string replay(const Program& program, const Options& options, const std::vector<Choice>& path);

// Spin-wait of suites.
template <class P>
void wait_until(P condition, Site s = Site::current()) {
  while (!condition()) relax(s);
}

}  // namespace wippy::model
