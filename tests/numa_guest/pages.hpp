// Where pages really are: the kernel's answer (move_pages(2) without a target moves nothing and reports each page's node).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/numa_guest/plan.hpp"

namespace wippy::guest {

// Addresses by the node their pages should be on. add() from any worker, each into its own node's list only if the caller
// orders the calls: a Sample belongs to one worker until that worker is done.
struct Sample {
  std::vector<const void*> on_node[kNodes];
  void add(const void* p, uint32_t node) { on_node[node].push_back(p); }
  void add(const Sample& other);
};

struct Share {
  uint64_t right = 0;
  uint64_t total = 0;
};
// Counts pages, not addresses. Prints one line, with where the wrong ones are; a page that does not exist is a wrong one.
Share judge(const char* what, const Sample& sample);

// Fails unless at least `least` pages were looked at and all lie where they should.
inline void expect_all_right(const char* what, const Sample& sample, uint64_t least) {
  const Share s = judge(what, sample);
  EXPECT_GE(s.total, least) << what << ": too small a sample";
  EXPECT_EQ(s.right, s.total) << what;
}

}  // namespace wippy::guest
