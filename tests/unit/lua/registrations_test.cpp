// libs: wippy_lua wippy_runtime
// The table of awaited signals against a std::map.
#include <map>

#include <gtest/gtest.h>

#include "lua/registrations.hpp"
#include "memory/slab.hpp"
#include "scheduler/random.hpp"

namespace wippy::lua::test {
namespace {

TEST(Registrations, BehaveLikeAMap) {
  MemoryPools pools(1, nullptr, std::size_t{64} << 20);
  ThreadMemory scope(pools, 0, ReaderKind::kOutside);
  Arena arena;
  Registrations table(arena);
  std::map<uint64_t, SignalKind> model;
  Random random(3);
  for (int i = 0; i < 200'000; ++i) {
    // Few distinct ids, so that chains of collisions form and break up; phases of growth and of shrinking.
    const uint64_t id = 1 + random.below(300);
    const SignalKind kind = random.below(2) == 0 ? SignalKind::kTimer : SignalKind::kExit;
    const bool growing = (i / 1000) % 2 == 0;
    Registration r;
    if (random.below(10) < (growing ? 7u : 3u)) {
      if (model.count(id) != 0) continue;
      r.id = id;
      r.kind = kind;
      r.ticket = id * 3;
      ASSERT_TRUE(table.add(r));
      model[id] = kind;
    } else {
      const auto found = model.find(id);
      const bool expected = found != model.end() && found->second == kind;
      ASSERT_EQ(table.take(kind, id, r), expected) << id;
      if (!expected) continue;
      ASSERT_EQ(r.id, id);
      ASSERT_EQ(r.ticket, id * 3);
      model.erase(found);
    }
    ASSERT_EQ(table.size(), model.size());
  }
  std::size_t seen = 0;
  table.for_each([&](const Registration& r) { seen += model.count(r.id); });
  EXPECT_EQ(seen, model.size());
}

// The slot behind lua_State holds one registration; the second one moves them to a table.
TEST(Registrations, BeginInASingleSlot) {
  MemoryPools pools(1, nullptr, std::size_t{64} << 20);
  ThreadMemory scope(pools, 0, ReaderKind::kOutside);
  Arena arena;
  Registrations table(arena);
  alignas(16) unsigned char slot[48];
  table.adopt(slot, sizeof slot);
  Registration r;
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(table.take(SignalKind::kTimer, 7, r));
    r.id = 7;
    ASSERT_TRUE(table.add(r));
    EXPECT_FALSE(table.take(SignalKind::kTimer, 8, r));
    EXPECT_FALSE(table.take(SignalKind::kExit, 7, r));
    EXPECT_EQ(arena.used_bytes(), 0u);
    ASSERT_TRUE(table.take(SignalKind::kTimer, 7, r));
    EXPECT_EQ(r.id, 7u);
    EXPECT_EQ(table.size(), 0u);
  }
  for (const uint64_t id : {7, 8, 9, 10}) {
    r.id = id;
    ASSERT_TRUE(table.add(r));
  }
  EXPECT_GT(arena.used_bytes(), 0u);
  for (const uint64_t id : {7, 9, 10, 8}) EXPECT_TRUE(table.take(SignalKind::kTimer, id, r)) << id;
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace wippy::lua::test
