#include "tests/numa_guest/pages.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <set>

namespace wippy::guest {

void Sample::add(const Sample& other) {
  for (uint32_t n = 0; n < kNodes; ++n) {
    on_node[n].insert(on_node[n].end(), other.on_node[n].begin(), other.on_node[n].end());
  }
}

namespace {
constexpr uintptr_t kPageBytes = 4096;

// Of each page once: its node, or -errno when it is not there. No libnuma: one call needs no library.
std::vector<int> nodes_of_pages(const std::vector<const void*>& addresses) {
  std::set<const void*> pages;
  for (const void* a : addresses) {
    pages.insert(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(a) / kPageBytes * kPageBytes));
  }
  const std::vector<const void*> list(pages.begin(), pages.end());
  std::vector<int> status(list.size(), -1000);
  const long r = syscall(SYS_move_pages, 0, list.size(), list.data(), nullptr, status.data(), 0);
  EXPECT_EQ(r, 0) << "move_pages";
  return status;
}
}  // namespace

Share judge(const char* what, const Sample& sample) {
  Share out;
  std::map<std::pair<uint32_t, int>, uint64_t> wrong;  // {should, is}
  for (uint32_t n = 0; n < kNodes; ++n) {
    for (const int is : nodes_of_pages(sample.on_node[n])) {
      ++out.total;
      if (is == static_cast<int>(n)) {
        ++out.right;
      } else {
        ++wrong[{n, is}];
      }
    }
  }
  std::printf("pages  %-44s %6llu of %6llu on the planned node (%.1f %%)", what,
              static_cast<unsigned long long>(out.right), static_cast<unsigned long long>(out.total),
              out.total == 0 ? 0.0 : 100.0 * static_cast<double>(out.right) / static_cast<double>(out.total));
  for (const auto& [where, count] : wrong) {
    std::printf("; %llu of node %u on %d", static_cast<unsigned long long>(count), where.first, where.second);
  }
  std::printf("\n");
  return out;
}

}  // namespace wippy::guest
