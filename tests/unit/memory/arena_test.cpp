// The per-process heap against a reference: content, alignment, no overlap, counters, and everything given back.
#include "memory/arena.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "memory/slab.hpp"

namespace wippy {
namespace {

class ArenaTest : public testing::Test {
 protected:
  MemoryPools pools_{1, nullptr, std::size_t{512} << 20};
  ThreadMemory scope_{pools_, 0, ReaderKind::kOutside};
};

TEST_F(ArenaTest, ClassesCoverAllSmallSizes) {
  for (std::size_t bytes = 1; bytes <= Arena::kSmallMax; ++bytes) {
    const uint32_t c = Arena::class_of(bytes);
    ASSERT_LT(c, Arena::kClasses);
    ASSERT_GE(Arena::class_bytes(c), bytes);
    if (c > 0) {
      ASSERT_LT(Arena::class_bytes(c - 1), bytes);
    }
    if (bytes > 128) {
      ASSERT_LE(Arena::class_bytes(c) * 4, bytes * 5 + 4) << "more than a quarter of slack at " << bytes;
    }
  }
}

TEST_F(ArenaTest, AllSizesAreWritableAlignedAndReused) {
  Arena a;
  std::vector<unsigned char*> blocks;
  std::size_t used = 0;
  for (std::size_t bytes = 1; bytes <= 4000; ++bytes) {
    auto* p = static_cast<unsigned char*>(a.allocate(bytes));
    ASSERT_NE(p, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(p) % 16, 0u);
    std::memset(p, static_cast<int>(bytes & 0xff), bytes);
    blocks.push_back(p);
    used += bytes;
    ASSERT_EQ(a.used_bytes(), used);
  }
  for (std::size_t bytes = 1; bytes <= 4000; ++bytes) {
    unsigned char* p = blocks[bytes - 1];
    for (const std::size_t i : {std::size_t{0}, bytes / 2, bytes - 1}) ASSERT_EQ(p[i], bytes & 0xff) << bytes;
  }
  const std::size_t held = a.held_bytes();
  for (std::size_t bytes = 1; bytes <= 4000; ++bytes) a.deallocate(blocks[bytes - 1], bytes);
  EXPECT_EQ(a.used_bytes(), 0u);
  const std::size_t chunks = a.held_bytes();
  EXPECT_LT(chunks, held);
  for (std::size_t bytes = 1; bytes <= 1024; ++bytes) ASSERT_NE(a.allocate(bytes), nullptr);
  EXPECT_EQ(a.held_bytes(), chunks) << "freed small blocks were not reused";
}

TEST_F(ArenaTest, ReleaseAllGivesTheChunksBack) {
  uint64_t carved = 0;
  for (int round = 0; round < 50; ++round) {
    Arena a;
    for (int i = 0; i < 2000; ++i) ASSERT_NE(a.allocate(static_cast<std::size_t>(16 + i % 3000)), nullptr);
    EXPECT_GT(a.held_bytes(), a.used_bytes());
    a.release_all();
    EXPECT_EQ(a.used_bytes(), 0u);
    EXPECT_EQ(a.held_bytes(), 0u);
    if (round == 1) carved = pools_.carved_bytes();
    ASSERT_NE(a.allocate(100), nullptr);  // usable again; the destructor drops it
  }
  EXPECT_EQ(pools_.carved_bytes(), carved);
}

TEST_F(ArenaTest, ADoublingTableDoesNotKeepItsOldHalves) {
  Arena a;
  std::size_t bytes = 16;
  void* p = a.allocate(bytes);
  while (bytes < (std::size_t{8} << 20)) {
    p = a.reallocate(p, bytes, bytes * 2);
    ASSERT_NE(p, nullptr);
    bytes *= 2;
  }
  EXPECT_EQ(a.used_bytes(), bytes);
  EXPECT_LT(a.held_bytes(), bytes + (std::size_t{64} << 10));
}

// As a Lua machine does: an owner in the arena that it owns, with small and large blocks, given up through a second move.
TEST_F(ArenaTest, AMovedArenaMayLiveInsideItsOwnMemory) {
  struct Owner {
    explicit Owner(Arena&& a) : arena(std::move(a)) {}
    Arena arena;
    unsigned char* large = nullptr;
  };
  Arena first;
  void* const early = first.allocate(5000);  // a large block whose list begins in `first`
  void* const at = first.allocate(sizeof(Owner));
  ASSERT_NE(at, nullptr);
  const std::size_t used = first.used_bytes(), held = first.held_bytes();
  auto* owner = new (at) Owner(std::move(first));
  EXPECT_EQ(first.used_bytes(), 0u);
  EXPECT_EQ(first.held_bytes(), 0u);
  EXPECT_EQ(owner->arena.used_bytes(), used);
  EXPECT_EQ(owner->arena.held_bytes(), held);
  void* const other = first.allocate(100);  // the emptied one works on its own
  std::memset(other, 0xee, 100);
  owner->large = static_cast<unsigned char*>(owner->arena.allocate(3000));
  std::memset(owner->large, 0x11, 3000);
  owner->arena.deallocate(early, 5000);  // the head of the list, or a link to it, was in `first`
  for (int i = 0; i < 100; ++i) std::memset(owner->arena.allocate(200), 0x22, 200);
  EXPECT_EQ(owner->large[2999], 0x11);
  const Arena last(std::move(owner->arena));
  owner->~Owner();
  EXPECT_GT(last.held_bytes(), 3000u);
}

// What a Lua process of 8 KB takes is what it asks for, its slack, and less than one first chunk.
TEST_F(ArenaTest, ASmallHeapHasNoLargeUnusedTail) {
  Arena a;
  std::size_t rounded = 0;
  const auto take = [&](std::size_t bytes) {
    ASSERT_NE(a.allocate(bytes), nullptr);
    rounded += Arena::class_bytes(Arena::class_of(bytes));
  };
  for (const std::size_t bytes : {752, 1456, 1024, 720}) take(bytes);
  for (int i = 0; i < 100; ++i) take(std::size_t{24} + static_cast<std::size_t>(i) % 5 * 8);
  EXPECT_LT(a.held_bytes(), rounded + 1024);
}

TEST_F(ArenaTest, AbsurdSizesAreRefusedAndTheOldBlockStays) {
  Arena a;
  EXPECT_EQ(a.allocate(SIZE_MAX - 8), nullptr);
  EXPECT_EQ(a.used_bytes(), 0u);
  auto* p = static_cast<char*>(a.allocate(3000));
  std::memset(p, 7, 3000);
  EXPECT_EQ(a.reallocate(p, 3000, SIZE_MAX - 8), nullptr);
  EXPECT_EQ(p[2999], 7);
  EXPECT_EQ(a.used_bytes(), 3000u);
  auto* q = static_cast<char*>(a.allocate(100));
  std::memset(q, 9, 100);
  EXPECT_EQ(a.reallocate(q, 100, SIZE_MAX - 8), nullptr);
  EXPECT_EQ(q[99], 9);
}

struct Block {
  std::size_t bytes;
  unsigned char fill;
};

// Neighbours in address order must not touch; the content must be what was written.
void check(const std::map<unsigned char*, Block>& live) {
  const unsigned char* end = nullptr;
  for (const auto& [p, b] : live) {
    RC_ASSERT(end == nullptr || p >= end);
    end = p + b.bytes;
    RC_ASSERT(p[0] == b.fill && p[b.bytes - 1] == b.fill && p[b.bytes / 2] == b.fill);
  }
}

TEST_F(ArenaTest, RandomOperationsAgreeWithAReference) {
  const bool ok = rc::check("arena against a map", [] {
    Arena a;
    std::map<unsigned char*, Block> live;
    std::size_t used = 0;
    const auto count = *rc::gen::inRange(1, 400);
    for (int i = 0; i < count; ++i) {
      const auto what = *rc::gen::inRange(0, 10);
      const auto bytes = static_cast<std::size_t>(*rc::gen::oneOf(rc::gen::inRange(1, 200), rc::gen::inRange(1, 4001)));
      const auto fill = static_cast<unsigned char>(i * 37 + 1);
      if (what < 5 || live.empty()) {
        auto* p = static_cast<unsigned char*>(a.allocate(bytes));
        RC_ASSERT(p != nullptr && reinterpret_cast<uintptr_t>(p) % 16 == 0);
        std::memset(p, fill, bytes);
        RC_ASSERT(live.emplace(p, Block{bytes, fill}).second);
        used += bytes;
      } else {
        auto it = std::next(live.begin(), *rc::gen::inRange<long>(0, static_cast<long>(live.size())));
        const Block old = it->second;
        unsigned char* at = it->first;
        live.erase(it);
        used -= old.bytes;
        if (what < 8) {
          auto* p = static_cast<unsigned char*>(a.reallocate(at, old.bytes, bytes));
          RC_ASSERT(p != nullptr && reinterpret_cast<uintptr_t>(p) % 16 == 0);
          for (std::size_t k = 0; k < std::min(old.bytes, bytes); ++k) RC_ASSERT(p[k] == old.fill);
          std::memset(p, fill, bytes);
          RC_ASSERT(live.emplace(p, Block{bytes, fill}).second);
          used += bytes;
        } else {
          a.deallocate(at, old.bytes);
        }
      }
      RC_ASSERT(a.used_bytes() == used);
      RC_ASSERT(a.held_bytes() >= used);
    }
    check(live);
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace wippy
