// Ring, newborn deque, inbox and overflow queue, one thread: against std::deque with the same operations.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <deque>
#include <vector>

#include "items.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/inbox.hpp"
#include "scheduler/ring.hpp"

namespace wippy {
namespace {

uint64_t take_front(std::deque<uint64_t>& d) {
  const uint64_t id = d.front();
  d.pop_front();
  return id;
}

constexpr uint32_t kOps = 400;
using Ring = RunRing<8>;

// One random history of a ring and a thief's ring; false in `ok` stops at the first difference.
void ring_history(const std::vector<uint8_t>& ops) {
  Items items(kOps);
  Ring ring, thief;
  std::deque<uint64_t> model, thief_model;
  uint64_t next = 0;
  for (const uint8_t op : ops) {
    if (op < 120) {
      const bool pushed = ring.push(items[next]);
      RC_ASSERT(pushed == (model.size() < Ring::kCapacity));
      if (pushed) model.push_back(next);
      ++next;
    } else if (op < 170) {
      Runnable* r = ring.pop();
      RC_ASSERT((r == nullptr) == model.empty());
      if (r != nullptr) RC_ASSERT(id_of(r) == take_front(model));
    } else if (op < 190) {
      Runnable* out[Ring::kHalf];
      const uint32_t n = ring.take_half(out);
      RC_ASSERT(n == (model.size() == Ring::kCapacity ? Ring::kHalf : 0));
      for (uint32_t i = 0; i < n; ++i) RC_ASSERT(id_of(out[i]) == take_front(model));
    } else if (op < 220) {
      Runnable* first = nullptr;
      const std::size_t room = Ring::kCapacity - thief_model.size() + 1;
      const std::size_t expected = std::min({model.size() - model.size() / 2, std::size_t{Ring::kMaxSteal}, room});
      RC_ASSERT(ring.steal_half_into(thief, first) == expected);
      RC_ASSERT((first != nullptr) == (expected != 0));
      if (first != nullptr) RC_ASSERT(id_of(first) == take_front(model));
      for (std::size_t i = 1; i < expected; ++i) thief_model.push_back(take_front(model));
    } else {
      Runnable* r = thief.pop();
      RC_ASSERT((r == nullptr) == thief_model.empty());
      if (r != nullptr) RC_ASSERT(id_of(r) == take_front(thief_model));
    }
    RC_ASSERT(ring.size_estimate() == model.size());
    RC_ASSERT(thief.size_estimate() == thief_model.size());
  }
}

RC_GTEST_PROP(RunRing, FifoAgainstReference, ()) {
  ring_history(*rc::gen::resize(kOps, rc::gen::container<std::vector<uint8_t>>(rc::gen::arbitrary<uint8_t>())));
}

TEST(RunRing, FullRingGivesItsOlderHalfInOrder) {
  Items items(300);
  RunRing<> ring;
  for (uint64_t i = 0; i < 256; ++i) ASSERT_TRUE(ring.push(items[i]));
  ASSERT_FALSE(ring.push(items[256]));
  Runnable* out[RunRing<>::kHalf];
  ASSERT_EQ(ring.take_half(out), 128u);
  for (uint64_t i = 0; i < 128; ++i) EXPECT_EQ(id_of(out[i]), i);
  EXPECT_EQ(ring.take_half(out), 0u) << "not full any more";
  ASSERT_TRUE(ring.push(items[256]));
  for (uint64_t i = 128; i <= 256; ++i) EXPECT_EQ(id_of(ring.pop()), i);
  EXPECT_EQ(ring.pop(), nullptr);
}

TEST(RunRing, StealTakesAtMost32AndKeepsTheOldestForTheThief) {
  Items items(200);
  RunRing<> ring, thief;
  for (uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(ring.push(items[i]));
  Runnable* first = nullptr;
  ASSERT_EQ(ring.steal_half_into(thief, first), 32u);
  EXPECT_EQ(id_of(first), 0u);
  for (uint64_t i = 1; i < 32; ++i) EXPECT_EQ(id_of(thief.pop()), i);
  EXPECT_EQ(id_of(ring.pop()), 32u);
}

TEST(RunRing, StealOfOneLeavesTheThiefsRingAlone) {
  Items items(1);
  RunRing<> ring, thief;
  ASSERT_TRUE(ring.push(items[0]));
  Runnable* first = nullptr;
  ASSERT_EQ(ring.steal_half_into(thief, first), 1u);
  EXPECT_EQ(first, items[0]);
  EXPECT_EQ(thief.pop(), nullptr);
  first = nullptr;
  EXPECT_EQ(ring.steal_half_into(thief, first), 0u);
  EXPECT_EQ(first, nullptr);
}

RC_GTEST_PROP(NewbornDeque, LifoAndOldestAgainstReference, (const std::vector<uint8_t>& ops)) {
  Items items(static_cast<uint32_t>(ops.size()));
  NewbornDeque<1> deque;  // grows at once, and again
  std::deque<uint64_t> model;
  uint64_t next = 0;
  for (const uint8_t op : ops) {
    if (op < 150) {
      RC_ASSERT(deque.push(items[next]));
      model.push_back(next++);
    } else if (op < 200) {
      Runnable* r = deque.pop();
      RC_ASSERT((r == nullptr) == model.empty());
      if (r != nullptr) {
        RC_ASSERT(id_of(r) == model.back());
        model.pop_back();
      }
    } else {
      Runnable* r = deque.steal();
      RC_ASSERT((r == nullptr) == model.empty());
      if (r != nullptr) RC_ASSERT(id_of(r) == take_front(model));
    }
    RC_ASSERT(deque.size_estimate() == model.size());
  }
}

TEST(NewbornDeque, GrowsByDoublingAndKeepsAll) {
  Items items(1000);
  NewbornDeque<4> deque;
  for (uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(deque.push(items[i]));
  EXPECT_EQ(deque.capacity(), 1024u);
  EXPECT_EQ(id_of(deque.steal()), 0u);
  for (uint64_t i = 1000; i-- > 1;) EXPECT_EQ(id_of(deque.pop()), i);
  EXPECT_EQ(deque.pop(), nullptr);
  EXPECT_EQ(deque.steal(), nullptr);
}

TEST(Inbox, FifoWholeAndSaysWhoOwesTheWake) {
  Items items(5);
  Inbox inbox;
  EXPECT_FALSE(inbox.has_entries());
  EXPECT_EQ(inbox.take_all().first, nullptr);
  for (uint64_t round = 0; round < 2; ++round) {
    EXPECT_TRUE(inbox.push(items[0]));
    for (uint64_t i = 1; i < 5; ++i) EXPECT_FALSE(inbox.push(items[i]));
    EXPECT_TRUE(inbox.has_entries());
    RunnableList list = inbox.take_all();
    EXPECT_EQ(list.count, 5u);
    for (uint64_t i = 0; i < 5; ++i) {
      Runnable* r = list.pop();
      EXPECT_EQ(r, items[i]);
      EXPECT_EQ(r->queue_next, nullptr);
    }
    EXPECT_EQ(list.pop(), nullptr);
    EXPECT_EQ(list.count, 0u);
    EXPECT_FALSE(inbox.has_entries());
  }
}

TEST(OverflowQueue, FifoInBatches) {
  Items items(100);
  OverflowQueue queue;
  Runnable* out[100];
  EXPECT_FALSE(queue.has_entries());
  EXPECT_EQ(queue.pop_batch(out, 16), 0u);
  Runnable* in[99];
  for (uint64_t i = 0; i < 99; ++i) in[i] = items[i];
  queue.push_batch(in, 99);
  queue.push(items[99]);
  EXPECT_EQ(queue.size_estimate(), 100u);
  uint64_t next = 0;
  for (const uint32_t expected : {16u, 16u, 32u, 32u, 4u}) {
    const uint32_t n = expected < 32 ? queue.pop_batch(out, 16) : queue.pop_batch(out);
    EXPECT_EQ(n, expected);
    for (uint32_t i = 0; i < n; ++i) EXPECT_EQ(id_of(out[i]), next++);
  }
  EXPECT_EQ(queue.pop_batch(out, 1), 0u);
  EXPECT_FALSE(queue.has_entries());
}

}  // namespace
}  // namespace wippy
