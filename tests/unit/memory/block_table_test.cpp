// The process table's address range: runs, owners, exhaustion.
#include "memory/block_table.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/memory/carved.hpp"

namespace wippy {
namespace {

TEST(BlockTable, FreshBlocksAreZeroAndAddressable) {
  BlockTable t(13, nullptr);
  EXPECT_EQ(t.blocks(), 8192u);
  for (const uint32_t i : {0u, 1u, 4095u, 4096u, 8191u}) {
    EXPECT_EQ(t.index_of(t.at(i)), i);
    EXPECT_EQ(t.index_of(t.at(i) + 255), i);
    for (std::size_t k = 0; k < BlockTable::kBlockBytes; ++k) ASSERT_EQ(t.at(i)[k], 0);
    EXPECT_EQ(t.owner_of(i), BlockTable::kNoOwner);
  }
  EXPECT_EQ(t.owner_of(8192), BlockTable::kNoOwner);
  EXPECT_EQ(t.owner_of(~0u), BlockTable::kNoOwner);
}

TEST(BlockTable, RunsNeverOverlapAndKeepTheirOwner) {
  BlockTable t(15, nullptr);  // 8 segments
  std::set<uint32_t> firsts;
  for (uint32_t i = 0; i < 200; ++i) {
    const auto owner = static_cast<uint16_t>(i % 3);
    const auto node = static_cast<NodeId>(i % 2);
    uint32_t first = 0;
    ASSERT_TRUE(t.carve(owner, node, first));
    ASSERT_EQ(first % BlockTable::kRunBlocks, 0u);
    ASSERT_TRUE(firsts.insert(first).second);
    for (uint32_t k = 0; k < BlockTable::kRunBlocks; ++k) ASSERT_EQ(t.owner_of(first + k), owner);
  }
  EXPECT_EQ(test::carved_of(t, 0), 67u * BlockTable::kRunBlocks);
  EXPECT_EQ(test::carved_of(t, 1), 67u * BlockTable::kRunBlocks);
  EXPECT_EQ(test::carved_of(t, 2), 66u * BlockTable::kRunBlocks);
  EXPECT_EQ(t.segments_of(0).size(), 2u);  // one open per node
  EXPECT_EQ(t.segments_of(9).size(), 0u);
  EXPECT_EQ(test::carved_of(t, 9), 0u);
}

TEST(BlockTable, UsedUpTableSaysSoAndOpenSegmentsGoOn) {
  BlockTable t(13, nullptr);  // 2 segments
  uint32_t first = 0;
  ASSERT_TRUE(t.carve(1, 0, first));
  ASSERT_TRUE(t.carve(2, 0, first));
  EXPECT_FALSE(t.carve(3, 0, first));
  EXPECT_FALSE(t.carve(1, 1, first));
  for (uint32_t i = 1; i < BlockTable::kSegmentBlocks / BlockTable::kRunBlocks; ++i) ASSERT_TRUE(t.carve(1, 0, first));
  EXPECT_FALSE(t.carve(1, 0, first));
  EXPECT_TRUE(t.carve(2, 0, first));
  EXPECT_EQ(test::carved_of(t, 1), BlockTable::kSegmentBlocks);
}

TEST(BlockTable, ThreadsCarveDisjointRuns) {
  BlockTable t(18, nullptr);
  constexpr uint32_t kThreads = 4, kEach = 200;
  std::vector<std::vector<uint32_t>> got(kThreads);
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (uint32_t k = 0; k < kEach; ++k) {
        uint32_t first = 0;
        if (!t.carve(static_cast<uint16_t>(i % 2), 0, first)) return;
        std::memset(t.at(first), static_cast<int>(i + 1), BlockTable::kBlockBytes * BlockTable::kRunBlocks);
        got[i].push_back(first);
      }
    });
  }
  for (std::thread& th : threads) th.join();
  std::set<uint32_t> all;
  for (uint32_t i = 0; i < kThreads; ++i) {
    ASSERT_EQ(got[i].size(), kEach);
    for (const uint32_t f : got[i]) {
      ASSERT_TRUE(all.insert(f).second);
      ASSERT_EQ(t.owner_of(f), i % 2);
      ASSERT_EQ(t.at(f)[0], static_cast<char>(i + 1));
    }
  }
}

struct RecordingBinder final : PageBinder {
  mutable std::vector<std::pair<std::size_t, NodeId>> calls;
  Status bind_pages(void*, std::size_t bytes, NodeId node) const noexcept override {
    calls.emplace_back(bytes, node);
    return Status::error(ErrorKind::kUnavailable, "only recorded");
  }
};

TEST(BlockTable, BinderSeesEachSegmentOnce) {
  RecordingBinder binder;
  const auto& calls = binder.calls;
  BlockTable t(14, &binder);
  uint32_t first = 0;
  for (int i = 0; i < 65; ++i) ASSERT_TRUE(t.carve(0, 1, first));
  ASSERT_TRUE(t.carve(0, 0, first));
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].second, 1);
  EXPECT_EQ(calls[2].second, 0);
  for (const auto& c : calls) EXPECT_EQ(c.first, std::size_t{BlockTable::kSegmentBlocks} * BlockTable::kBlockBytes);
}

}  // namespace
}  // namespace wippy
