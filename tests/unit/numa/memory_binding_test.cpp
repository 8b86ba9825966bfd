#include "numa/memory_binding.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "numa/cpu_limit.hpp"
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

TEST(MemoryBinding, NothingIsBoundElsewhere) {
  const Topology t = synthetic("numa:2 core:2 pu:1");
  MemoryBinding b(t);
  EXPECT_FALSE(b.binds_pages());
  EXPECT_FALSE(b.pins_threads());
  EXPECT_EQ(b.hook(), nullptr);
  Pages pages(4 * page_bytes());
  EXPECT_TRUE(b.bind_pages(pages.at(0), pages.bytes(), 1).ok());
  const std::vector<uint32_t> before = affinity_pus();
  EXPECT_TRUE(b.pin_this_thread(3).ok());
  EXPECT_TRUE(b.unpin_this_thread().ok());
  EXPECT_EQ(affinity_pus(), before);
}

TEST(MemoryBinding, WrongArgumentsAreRefusedEverywhere) {
  MemoryBinding b(synthetic("numa:2 core:2 pu:1"));
  Pages pages(2 * page_bytes());
  EXPECT_EQ(b.bind_pages(pages.at(0), page_bytes(), 2).kind, ErrorKind::kInvalid);
  EXPECT_EQ(b.bind_pages(pages.at(64), page_bytes(), 0).kind, ErrorKind::kInvalid);
  EXPECT_EQ(b.pin_this_thread(4).kind, ErrorKind::kInvalid);
}

TEST(MemoryBinding, PinsAndUnpinsTheCallingThread) {
  const Topology t = test::real_machine();
  ASSERT_TRUE(t.is_this_system());
  const std::vector<uint32_t> before = affinity_pus();
  std::thread([&] {
    MemoryBinding b(t);
    const uint32_t pu = t.pus().back().os_index;
    ASSERT_TRUE(b.pin_this_thread(pu).ok());
    EXPECT_EQ(affinity_pus(), std::vector<uint32_t>{pu});
    EXPECT_EQ(sched_getcpu(), static_cast<int>(pu));
    // The main thread, which waits in join: only the caller is pinned.
    cpu_set_t others;
    ASSERT_EQ(sched_getaffinity(getpid(), sizeof(others), &others), 0);
    EXPECT_EQ(static_cast<std::size_t>(CPU_COUNT(&others)), before.size());
    ASSERT_TRUE(b.unpin_this_thread().ok());
    EXPECT_EQ(affinity_pus(), before);
  }).join();
  EXPECT_EQ(affinity_pus(), before);
}

TEST(MemoryBinding, OneNodeMachinesBindNoPages) {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  MemoryBinding b(synthetic("numa:1 core:2 pu:1", std::vector<uint32_t>{0, 1}));
  EXPECT_TRUE(b.pins_threads());
  EXPECT_FALSE(b.binds_pages());
  EXPECT_EQ(b.hook(), nullptr);
  Pages pages(page_bytes());
  EXPECT_TRUE(b.bind_pages(pages.at(0), pages.bytes(), 0).ok());
}

TEST(MemoryBinding, TheKernelIsAskedAndItsAnswerReturned) {
  const Topology t = pretended();
  ASSERT_TRUE(t.is_this_system());
  ASSERT_EQ(t.node_count(), 2u);
  MemoryBinding b(t);
  ASSERT_TRUE(b.binds_pages());
  Pages pages(4 * page_bytes());
  EXPECT_EQ(b.bind_pages(pages.at(0), page_bytes(), kMissingNode).kind, ErrorKind::kUnavailable);
  const Status bound = b.bind_pages(pages.at(page_bytes()), 2 * page_bytes(), 0);
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

TEST(MemoryBinding, NodeIdsAreTranslatedToTheSystemsNumbers) {
  ScopedEnv this_system("HWLOC_THISSYSTEM", "1");
  // PUs 1 and 2 sit on OS nodes 1000 and 1001, our nodes 0 and 1; OS nodes 0 and 1 have no PU of ours.
  MemoryBinding b(synthetic("numa:4(indexes=0,1000,1001,1) core:1 pu:1", std::vector<uint32_t>{1, 2}));
  ASSERT_TRUE(b.binds_pages());
  Pages pages(page_bytes());
  EXPECT_EQ(b.bind_pages(pages.at(0), page_bytes(), 0).kind, ErrorKind::kUnavailable);
  EXPECT_EQ(b.bind_pages(pages.at(0), page_bytes(), 1).kind, ErrorKind::kUnavailable);
}

TEST(MemoryBinding, HookServesTheLastBindingUntilItEnds) {
  Pages pages(page_bytes());
  BindPages hook = nullptr;
  MemoryBinding outer(pretended());
  {
    MemoryBinding inner(pretended());
    hook = inner.hook();
    ASSERT_NE(hook, nullptr);
    hook(pages.at(0), page_bytes(), kMissingNode);
    EXPECT_EQ(inner.refused_binds(), 1u);
    hook(pages.at(0), page_bytes(), 0);
    EXPECT_EQ(inner.refused_binds(), kernel_lets_us_bind() ? 1u : 2u);
    const uint64_t before = inner.refused_binds();
    ASSERT_EQ(outer.hook(), hook);
    hook(pages.at(0), page_bytes(), kMissingNode);
    EXPECT_EQ(inner.refused_binds(), before);
    EXPECT_EQ(outer.refused_binds(), 1u);
  }
  hook(pages.at(0), page_bytes(), kMissingNode);  // inner's end does not withdraw outer
  EXPECT_EQ(outer.refused_binds(), 2u);
}

TEST(MemoryBinding, HookOfAnEndedBindingDoesNothing) {
  BindPages hook = nullptr;
  {
    MemoryBinding b(pretended());
    hook = b.hook();
  }
  ASSERT_NE(hook, nullptr);
  Pages pages(page_bytes());
  hook(pages.at(0), page_bytes(), kMissingNode);
}

}  // namespace
}  // namespace wippy
