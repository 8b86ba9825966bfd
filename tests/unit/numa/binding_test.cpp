// Topology acts on the machine: pages to a node, the calling thread to a PU.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "memory/block_table.hpp"
#include "synthetic.hpp"

namespace wippy {
namespace {

using test::ScopedEnv;
using test::synthetic;

class Pages {
 public:
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    p_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  ~Pages() { munmap(p_, bytes_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  char* at(std::size_t i) const { return static_cast<char*>(p_) + i; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* p_;
  std::size_t bytes_;
};

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// Two made-up nodes that hwloc takes for this system, so that the kernel is really asked. Node 0 exists everywhere, a
// node with OS index 1,000 nowhere (Linux allows 1,024).
constexpr NodeId kMissingNode = 1;
Topology pretended() {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  return synthetic("numa:2(indexes=0,1000) core:1 pu:1", std::vector<uint32_t>{0, 1});
}

// Whether mbind is allowed at all: containers forbid it by seccomp unless they are given CAP_SYS_NICE. Asked without
// our code, so that the tests below know which answer is the right one.
bool kernel_lets_us_bind() {
  Pages pages(page_bytes());
  const unsigned long node0 = 1;
  constexpr int kPreferred = 1;  // MPOL_PREFERRED, linux/mempolicy.h
  return syscall(SYS_mbind, pages.at(0), pages.bytes(), kPreferred, &node0, 8 * sizeof(node0), 0) == 0;
}

TEST(Binding, NothingIsBoundElsewhere) {
  const Topology t = synthetic("numa:2 core:2 pu:1");
  EXPECT_EQ(t.page_binder(), nullptr);
  Pages pages(4 * page_bytes());
  EXPECT_TRUE(t.bind_pages(pages.at(0), pages.bytes(), 1).ok());
  const std::vector<uint32_t> before = affinity_pus();
  EXPECT_TRUE(t.pin_this_thread(3).ok());
  EXPECT_EQ(affinity_pus(), before);
}

TEST(Binding, WrongArgumentsAreRefusedEverywhere) {
  const Topology t = synthetic("numa:2 core:2 pu:1");
  Pages pages(2 * page_bytes());
  EXPECT_EQ(t.bind_pages(pages.at(0), page_bytes(), 2).kind, ErrorKind::kInvalid);
  EXPECT_EQ(t.bind_pages(pages.at(64), page_bytes(), 0).kind, ErrorKind::kInvalid);
  EXPECT_EQ(t.pin_this_thread(4).kind, ErrorKind::kInvalid);
}

TEST(Binding, PinsTheCallingThreadAlone) {
  const Topology t = test::real_machine();
  ASSERT_TRUE(t.is_this_system());
  const std::vector<uint32_t> before = affinity_pus();
  std::thread([&] {
    const uint32_t pu = t.pus().back().os_index;
    ASSERT_TRUE(t.pin_this_thread(pu).ok());
    EXPECT_EQ(affinity_pus(), std::vector<uint32_t>{pu});
    EXPECT_EQ(sched_getcpu(), static_cast<int>(pu));
    // The main thread, which waits in join: only the caller is pinned.
    cpu_set_t others;
    ASSERT_EQ(sched_getaffinity(getpid(), sizeof(others), &others), 0);
    EXPECT_EQ(static_cast<std::size_t>(CPU_COUNT(&others)), before.size());
  }).join();
  EXPECT_EQ(affinity_pus(), before);
}

TEST(Binding, OneNodeMachinesBindNoPages) {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  const Topology t = synthetic("numa:1 core:2 pu:1", std::vector<uint32_t>{0, 1});
  ASSERT_TRUE(t.is_this_system());
  EXPECT_EQ(t.page_binder(), nullptr);
  Pages pages(page_bytes());
  EXPECT_TRUE(t.bind_pages(pages.at(0), pages.bytes(), 0).ok());
}

TEST(Binding, TheKernelIsAskedAndItsAnswerReturned) {
  const Topology t = pretended();
  ASSERT_TRUE(t.is_this_system());
  ASSERT_EQ(t.node_count(), 2u);
  ASSERT_EQ(t.page_binder(), &t);
  Pages pages(4 * page_bytes());
  EXPECT_EQ(t.bind_pages(pages.at(0), page_bytes(), kMissingNode).kind, ErrorKind::kUnavailable);
  const Status bound = t.bind_pages(pages.at(page_bytes()), 2 * page_bytes(), 0);
  if (!kernel_lets_us_bind()) {
    EXPECT_EQ(bound.kind, ErrorKind::kUnavailable);
    return;
  }
  ASSERT_TRUE(bound.ok()) << bound.message;
  // The policy as the kernel has it, for the bound pages and for their neighbours on both sides.
  const auto policy_at = [&](std::size_t page) {
    int mode = -1;
    unsigned long nodes[16] = {};            // 1,024 bits
    constexpr unsigned long kOfAddress = 2;  // MPOL_F_ADDR
    EXPECT_EQ(syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof(nodes), pages.at(page * page_bytes()), kOfAddress),
              0);
    return std::pair(mode, nodes[0]);
  };
  EXPECT_EQ(policy_at(0).first, 0);  // MPOL_DEFAULT
  for (std::size_t page : {1u, 2u}) {
    EXPECT_NE(policy_at(page).first, 0);
    EXPECT_NE(policy_at(page).first, 2) << "MPOL_BIND is strict: a full node would end in the OOM killer";
    EXPECT_EQ(policy_at(page).second, 1u) << "node 0 and no other";
  }
  EXPECT_EQ(policy_at(3).first, 0);
}

TEST(Binding, NodeIdsAreTranslatedToTheSystemsNumbers) {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  // PUs 1 and 2 sit on OS nodes 1000 and 1001, our nodes 0 and 1; OS nodes 0 and 1 have no PU of ours.
  const Topology t = synthetic("numa:4(indexes=0,1000,1001,1) core:1 pu:1", std::vector<uint32_t>{1, 2});
  ASSERT_EQ(t.page_binder(), &t);
  Pages pages(page_bytes());
  EXPECT_EQ(t.bind_pages(pages.at(0), page_bytes(), 0).kind, ErrorKind::kUnavailable);
  EXPECT_EQ(t.bind_pages(pages.at(0), page_bytes(), 1).kind, ErrorKind::kUnavailable);
}

// A refusal is no error for the pools: the memory is there, only perhaps on another node.
TEST(Binding, PoolsAndTableGoOnAfterARefusal) {
  const Topology t = pretended();
  MemoryPools pools(2, t.page_binder(), std::size_t{16} << 20);
  ThreadMemory m(pools, kMissingNode, ReaderKind::kOutside);
  EXPECT_NE(m.allocate(0), nullptr);
  BlockTable table(13, t.page_binder());
  uint32_t first = 0;
  EXPECT_TRUE(table.carve(0, kMissingNode, first));
}

}  // namespace
}  // namespace wippy
