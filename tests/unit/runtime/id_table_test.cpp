// IdTable against std::map, and the pid generations of the blocks.
#include "runtime/process/id_table.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "runtime/process/node_core.hpp"
#include "runtime/process/process.hpp"
#include "runtime/process/worker_procs.hpp"
#include "tests/unit/memory/carved.hpp"

namespace wippy {
namespace {

void compare(IdTable<uint64_t>& t, const std::map<uint64_t, uint64_t>& m) {
  RC_ASSERT(t.size() == m.size());
  std::map<uint64_t, uint64_t> seen;
  uint64_t id = 0, value = 0;
  for (uint32_t i = 0; i < t.capacity(); ++i) {
    if (t.slot(i, id, value)) RC_ASSERT(seen.emplace(id, value).second);
  }
  RC_ASSERT(seen == m);
}

TEST(IdTable, RandomOperationsAgreeWithAMap) {
  const bool ok = rc::check("table against map", [] {
    IdTable<uint64_t> t;
    std::map<uint64_t, uint64_t> m;
    const auto count = *rc::gen::inRange(1, 300);
    const auto range = *rc::gen::element<uint64_t>(4, 20, 100, 1'000'000);
    const auto shift = *rc::gen::inRange(0, 40);  // pids differ in high bits, refs in low ones
    for (int i = 0; i < count; ++i) {
      const uint64_t id = (*rc::gen::inRange<uint64_t>(1, range)) << shift;
      const auto v = static_cast<uint64_t>(i);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1: {
          uint64_t* p = t.insert(id);
          RC_ASSERT(p != nullptr);
          RC_ASSERT(*p == (m.count(id) != 0 ? m[id] : 0));
          *p = m[id] = v;
          break;
        }
        case 2: RC_ASSERT(t.erase(id) == (m.erase(id) != 0)); break;
        default: {
          const uint64_t* p = t.find(id);
          RC_ASSERT((p != nullptr) == (m.count(id) != 0));
          if (p != nullptr) RC_ASSERT(*p == m[id]);
        }
      }
    }
    compare(t, m);
    for (const auto& [id, v] : m) RC_ASSERT(t.find(id) != nullptr && *t.find(id) == v);
  });
  EXPECT_TRUE(ok);
}

// A full-looking table that is churned must neither lose entries nor stop finding the end of a probe.
TEST(IdTable, ChurnAtOneSizeDoesNotGrow) {
  IdTable<uint64_t> t;
  for (uint64_t id = 1; id <= 3; ++id) *t.insert(id) = id;
  const uint32_t capacity = t.capacity();
  for (uint64_t id = 4; id < 100'000; ++id) {
    ASSERT_TRUE(t.erase(id - 3));
    *t.insert(id) = id;
    ASSERT_EQ(t.find(id - 3), nullptr);
  }
  EXPECT_EQ(t.capacity(), capacity);
  EXPECT_EQ(t.size(), 3u);
}

// --- generations: 40 bits a block, and then never again

class Generations : public testing::Test {
 protected:
  MemoryPools pools_{1, nullptr, std::size_t{256} << 20};
  ThreadMemory scope_{pools_, 0, ReaderKind::kOutside};
  NodeCore node_{pools_, NodeCore::Config{12, nullptr, ""}};
  HostCore& host_ = node_.add_host("app:h");
};

TEST_F(Generations, AUsedUpBlockIsNeverHandedOutAgain) {
  WorkerProcs w(node_, host_);
  Process* p = w.allocate(host_, 0);
  ASSERT_NE(p, nullptr);
  const uint32_t index = pid_index(p->identity());
  p->set_generation_for_test(kPidLastGeneration - 2);
  w.give_back(host_, p);
  Process* again = w.allocate(host_, 0);
  ASSERT_EQ(again, p);
  EXPECT_EQ(again->identity().value >> kPidIndexBits, kPidLastGeneration - 1);
  EXPECT_EQ(pid_index(again->identity()), index);
  w.give_back(host_, again);
  std::set<Pid> pids;
  for (uint32_t i = 0; i < 4095; ++i) {
    Process* q = w.allocate(host_, 0);
    ASSERT_NE(q, nullptr) << i;
    ASSERT_NE(q, p);
    ASSERT_TRUE(pids.insert(q->identity()).second);
  }
  EXPECT_EQ(w.allocate(host_, 0), nullptr) << "the table has 4,096 blocks, one is used up";
}

TEST_F(Generations, EachUseOfABlockHasItsOwnPid) {
  WorkerProcs w(node_, host_);
  std::set<Pid> pids;
  for (int i = 0; i < 10'000; ++i) {
    Process* p = w.allocate(host_, 0);
    ASSERT_TRUE(pids.insert(p->identity()).second);
    ASSERT_FALSE(node_.alive(p->identity())) << "unpublished";
    w.give_back(host_, p);
  }
  EXPECT_LE(test::carved_of(node_.blocks(), 0), 64u);
}

TEST_F(Generations, SpilledBlocksOfOneWorkerServeAnother) {
  std::vector<Process*> held;
  WorkerProcs other(node_, host_);
  {
    WorkerProcs w(node_, host_);
    for (int i = 0; i < 2000; ++i) held.push_back(w.allocate(host_, 0));
    for (Process* p : held) w.give_back(host_, p);
  }
  const uint32_t carved = test::carved_of(node_.blocks(), 0);
  const std::set<Process*> known(held.begin(), held.end());
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(known.count(other.allocate(host_, 0)), 1u);
  EXPECT_EQ(test::carved_of(node_.blocks(), 0), carved);
}

TEST_F(Generations, TextFormOfPids) {
  WorkerProcs w(node_, host_);
  Process* p = w.allocate(host_, 0);
  const Pid pid = p->identity();
  const std::string text = node_.format(pid);
  EXPECT_EQ(text.rfind("{app:h|0x", 0), 0u) << text;
  Pid back;
  EXPECT_TRUE(node_.parse(text, back).ok());
  EXPECT_EQ(back, pid);
  EXPECT_TRUE(node_.parse("{" + text.substr(1, text.size() - 2) + "}", back).ok());
  EXPECT_EQ(back, pid);
  EXPECT_TRUE(node_.parse("{app:h|old" + text.substr(text.find('|')), back).ok());  // the three-part form
  EXPECT_EQ(back, pid);
  for (const char* bad : {"", "x", "{}", "{|", "app:h|0x1", "{app:h 0x1}"}) {
    EXPECT_EQ(node_.parse(bad, back).kind, ErrorKind::kInvalid) << bad;
  }
  for (const char* unknown : {"{other:h|0x1000000}", "{app:h|0xfffffffffffffff}", "{app:h|zz}", "{n@app:h|0x1000000}",
                              "{app:h|0x}", "{app:h|0x11111111111111111}"}) {
    EXPECT_TRUE(node_.parse(unknown, back).ok()) << unknown;
    EXPECT_FALSE(node_.alive(back)) << unknown;
  }
}

}  // namespace
}  // namespace wippy
