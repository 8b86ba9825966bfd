// Node-owned slab: nothing handed out twice, nothing lost, everything reused, foreign items go home.
#include "memory/slab.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace wippy {
namespace {

constexpr std::size_t kRange = std::size_t{256} << 20;

std::vector<void*> take(ThreadMemory& m, uint32_t c, std::size_t n) {
  std::vector<void*> out;
  for (std::size_t i = 0; i < n; ++i) {
    void* p = m.allocate(c);
    if (p == nullptr) break;
    out.push_back(p);
  }
  return out;
}

void expect_disjoint(const std::vector<void*>& items, std::size_t bytes) {
  const std::set<void*> sorted(items.begin(), items.end());
  ASSERT_EQ(sorted.size(), items.size()) << "an item was handed out twice";
  const char* before = nullptr;
  for (void* p : sorted) {
    if (before != nullptr) {
      ASSERT_GE(static_cast<const char*>(p) - before, static_cast<std::ptrdiff_t>(bytes));
    }
    before = static_cast<const char*>(p);
  }
}

TEST(SlabClasses, SmallestThatFits) {
  for (std::size_t bytes = 1; bytes <= kSlabMaxBytes; ++bytes) {
    const uint32_t c = slab_class_of(bytes);
    ASSERT_LT(c, kSlabClasses) << bytes;
    ASSERT_GE(slab_class_bytes(c), bytes);
    if (c > 0) {
      ASSERT_LT(slab_class_bytes(c - 1), bytes);
    }
  }
}

TEST(Slab, EveryClassGivesDisjointAlignedWritableItems) {
  MemoryPools pools(1, nullptr, kRange);
  ThreadMemory m(pools, 0, ReaderKind::kOutside);
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    const std::size_t bytes = slab_class_bytes(c);
    const std::size_t n = bytes <= 1024 ? 1000 : 50;
    std::vector<void*> items = take(m, c, n);
    ASSERT_EQ(items.size(), n);
    expect_disjoint(items, bytes);
    const std::size_t align = bytes < 4096 ? bytes : 4096;
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(reinterpret_cast<uintptr_t>(items[i]) % align, 0u) << "class " << c;
      std::memset(items[i], static_cast<int>(i & 0xff), bytes);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto* at = static_cast<unsigned char*>(items[i]);
      ASSERT_EQ(at[0], i & 0xff);
      ASSERT_EQ(at[bytes - 1], i & 0xff);
      m.free(items[i], c);
    }
  }
}

// carved = in use + in magazines: what was freed is handed out again before anything new is carved.
TEST(Slab, EquationCarvedIsInUsePlusMagazines) {
  MemoryPools pools(1, nullptr, kRange);
  ThreadMemory m(pools, 0, ReaderKind::kOutside);
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    const std::size_t n = std::size_t{slab_rounds(c)} * 7;
    const uint64_t before = pools.carved_bytes();
    std::vector<void*> items = take(m, c, n);
    const uint64_t carved = pools.carved_bytes() - before;
    EXPECT_GE(carved, n * slab_class_bytes(c));
    EXPECT_LE(carved, (n + slab_rounds(c)) * slab_class_bytes(c) + 4096) << "class " << c;
    const std::set<void*> known(items.begin(), items.end());
    for (void* p : items) m.free(p, c);
    for (int round = 0; round < 3; ++round) {
      std::vector<void*> again = take(m, c, n);
      EXPECT_EQ(std::set<void*>(again.begin(), again.end()), known);
      for (void* p : again) m.free(p, c);
    }
    EXPECT_EQ(pools.carved_bytes() - before, carved) << "class " << c << " carved while items lay in magazines";
  }
}

// Around a magazine's border a thread touches its two magazines only: no item may be lost at the swaps.
TEST(Slab, MagazinesSwapAtTheBorder) {
  MemoryPools pools(1, nullptr, kRange);
  ThreadMemory m(pools, 0, ReaderKind::kOutside);
  std::vector<void*> held = take(m, 0, kMagazineRounds);
  const uint64_t carved = pools.carved_bytes();
  for (int i = 0; i < 1000; ++i) {
    for (void* p : held) m.free(p, 0);
    const std::set<void*> before(held.begin(), held.end());
    held = take(m, 0, held.size());
    ASSERT_EQ(std::set<void*>(held.begin(), held.end()), before);
    if (i == 0) continue;
    ASSERT_EQ(pools.carved_bytes(), carved);
  }
  for (void* p : held) m.free(p, 0);
}

TEST(Slab, LargeClassesKeepShortMagazines) {
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    EXPECT_GE(slab_rounds(c), 2u);
    EXPECT_LE(slab_rounds(c), kMagazineRounds);
    EXPECT_LE(slab_rounds(c) * slab_class_bytes(c), std::size_t{128} << 10);
  }
  EXPECT_EQ(slab_rounds(kSlabClasses - 1), 2u);
}

TEST(Slab, ForeignItemsGoHome) {
  MemoryPools pools(2, nullptr, kRange);
  ThreadMemory home(pools, 0, ReaderKind::kOutside);
  ThreadMemory away(pools, 1, ReaderKind::kOutside);
  const std::size_t n = kMagazineRounds * 4;
  std::vector<void*> items = take(home, 0, n);
  for (void* p : items) ASSERT_EQ(pools.node_of(p), 0);
  const uint64_t carved = pools.carved_bytes();
  for (void* p : items) away.free(p, 0);
  std::vector<void*> again = take(home, 0, n);
  EXPECT_EQ(std::set<void*>(again.begin(), again.end()), std::set<void*>(items.begin(), items.end()));
  EXPECT_EQ(pools.carved_bytes(), carved);
  for (void* p : take(away, 0, n)) ASSERT_EQ(pools.node_of(p), 1) << "a foreign item was handed out";
}

// What a thread still holds of another node when it ends goes home, too.
TEST(Slab, ThreadEndGivesForeignItemsBack) {
  MemoryPools pools(2, nullptr, kRange);
  ThreadMemory home(pools, 0, ReaderKind::kOutside);
  std::vector<void*> items = take(home, 3, 10);
  const std::set<void*> known(items.begin(), items.end());
  {
    ThreadMemory away(pools, 1, ReaderKind::kOutside);
    for (void* p : items) away.free(p, 3);
  }
  const uint64_t carved = pools.carved_bytes();
  std::size_t found = 0;
  for (void* p : take(home, 3, slab_rounds(3))) found += known.count(p);
  EXPECT_EQ(found, 10u);
  EXPECT_EQ(pools.carved_bytes(), carved);
}

TEST(Slab, ThreadEndGivesOwnMagazinesBack) {
  MemoryPools pools(1, nullptr, kRange);
  std::set<void*> known;
  {
    ThreadMemory m(pools, 0, ReaderKind::kOutside);
    std::vector<void*> items = take(m, 4, std::size_t{slab_rounds(4)} * 3 + 5);
    known.insert(items.begin(), items.end());
    for (void* p : items) m.free(p, 4);
  }
  const uint64_t carved = pools.carved_bytes();
  ThreadMemory next(pools, 0, ReaderKind::kOutside);
  std::size_t found = 0;
  for (void* p : take(next, 4, std::size_t{slab_rounds(4)} * 4)) found += known.count(p);
  EXPECT_EQ(found, known.size());
  EXPECT_EQ(pools.carved_bytes(), carved);
}

// One thread allocates, another frees, for many magazines: the depot carries them, memory stays bounded, content is safe.
TEST(Slab, CrossThreadFreeIsReused) {
  MemoryPools pools(1, nullptr, kRange);
  constexpr int kRounds = 200;
  constexpr std::size_t kBatch = 500;
  uint64_t carved_early = 0;
  ThreadMemory scope(pools, 0, ReaderKind::kOutside);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<void*> items = take(this_memory(), 1, kBatch);
    ASSERT_EQ(items.size(), kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) std::memset(items[i], static_cast<int>(i & 0x7f), 128);
    std::size_t wrong = 0;
    std::thread other([&] {
      ThreadMemory mine(pools, 0, ReaderKind::kOutside);
      for (std::size_t i = 0; i < kBatch; ++i) {
        wrong += static_cast<unsigned char*>(items[i])[127] != (i & 0x7f) ? 1u : 0u;
        slab_free(items[i], 1);
      }
    });
    other.join();
    ASSERT_EQ(wrong, 0u);
    if (round == 10) carved_early = pools.carved_bytes();
  }
  EXPECT_EQ(pools.carved_bytes(), carved_early);
}

TEST(Slab, FourThreadsNeverShareAnItem) {
  MemoryPools pools(2, nullptr, kRange);
  std::vector<std::thread> threads;
  std::vector<std::size_t> clashes(4);
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ThreadMemory scope(pools, static_cast<NodeId>(t % 2), ReaderKind::kOutside);
      std::vector<uint64_t*> held;
      for (uint32_t i = 0; i < 20000; ++i) {
        const bool grow = held.size() < 300 && (i * 2654435761u >> 28) % 3 != 0;
        if (grow) {
          auto* p = static_cast<uint64_t*>(slab_allocate(2));
          if (p == nullptr) continue;
          p[0] = uint64_t{t} << 32 | i;
          p[31] = p[0];
          held.push_back(p);
        } else if (!held.empty()) {
          uint64_t* p = held[i % held.size()];
          if (p[0] != p[31] || p[0] >> 32 != t) ++clashes[t];
          held[i % held.size()] = held.back();
          held.pop_back();
          slab_free(p, 2);
        }
      }
      for (uint64_t* p : held) slab_free(p, 2);
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::size_t c : clashes) EXPECT_EQ(c, 0u);
}

TEST(Slab, UsedUpRangeGivesNullAndRecovers) {
  MemoryPools pools(1, nullptr, std::size_t{4} << 20);
  ThreadMemory m(pools, 0, ReaderKind::kOutside);
  std::vector<void*> items = take(m, kSlabClasses - 1, 1000);
  EXPECT_GE(items.size(), 56u);
  EXPECT_LE(items.size(), 64u);
  EXPECT_EQ(m.allocate(kSlabClasses - 1), nullptr);
  m.free(items.back(), kSlabClasses - 1);
  EXPECT_EQ(m.allocate(kSlabClasses - 1), items.back());
  for (void* p : items) m.free(p, kSlabClasses - 1);
}

}  // namespace
}  // namespace wippy
