// Grace periods with hand-driven records: who holds a batch back, who does not, and what happens at parking.
#include "memory/grace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

namespace wippy {
namespace {

class GraceTest : public testing::Test {
 protected:
  using Domain = GraceDomain;
  Domain& domain() { return *domain_; }
  ReaderRecord* worker() {
    ReaderRecord* r = domain().register_reader(ReaderKind::kWorker);
    domain().online(*r);
    return r;
  }
  GraceNode* node() {
    nodes_.push_back(std::make_unique<GraceNode>());
    return nodes_.back().get();
  }
  static std::size_t count(GraceNode* list) {
    std::size_t n = 0;
    for (; list != nullptr; list = list->grace_next) ++n;
    return n;
  }

 private:
  std::unique_ptr<Domain> domain_ = std::make_unique<Domain>();
  std::vector<std::unique_ptr<GraceNode>> nodes_;
};

TEST_F(GraceTest, EveryOnlineWorkerMustAcknowledge) {
  ReaderRecord* a = worker();
  ReaderRecord* b = worker();
  const uint64_t e = domain().seal();
  EXPECT_FALSE(domain().passed(e, false));
  domain().quiescent(*a);
  EXPECT_FALSE(domain().passed(e, false));
  domain().quiescent(*b);
  EXPECT_TRUE(domain().passed(e, false));
  const uint64_t later = domain().seal();
  EXPECT_GT(later, e);
  EXPECT_TRUE(domain().passed(e, false));
  EXPECT_FALSE(domain().passed(later, false));
}

TEST_F(GraceTest, OfflineWorkersDoNotHoldBack) {
  ReaderRecord* a = worker();
  ReaderRecord* b = worker();
  const uint64_t e = domain().seal();
  domain().quiescent(*a);
  domain().offline(*b);
  EXPECT_TRUE(domain().passed(e, false));
  domain().online(*b);  // it can only see what is published now
  EXPECT_TRUE(domain().passed(e, false));
  const uint64_t next = domain().seal();
  domain().quiescent(*a);
  EXPECT_FALSE(domain().passed(next, false));
}

TEST_F(GraceTest, OutsideSectionsHoldBackOnlyWhileTheyLast) {
  ReaderRecord* outside = domain().register_reader(ReaderKind::kOutside);
  const uint64_t e = domain().seal();
  EXPECT_TRUE(domain().passed(e, false));
  {
    ReaderSection section(*outside);
    EXPECT_FALSE(domain().passed(e, false));
    EXPECT_FALSE(domain().passed(e, true));
  }
  EXPECT_TRUE(domain().passed(e, false));
}

TEST_F(GraceTest, AStuckWorkerIsPassedByBarrierUnlessInASection) {
  ReaderRecord* a = worker();
  const uint64_t e = domain().seal();
  EXPECT_FALSE(domain().passed(e, false));
  EXPECT_TRUE(domain().passed(e, true));
  ReaderSection section(*a);
  EXPECT_FALSE(domain().passed(e, true));
}

TEST_F(GraceTest, RecordsAreReusedAndUnregisteringCountsAsGone) {
  ReaderRecord* a = worker();
  const uint64_t e = domain().seal();
  domain().unregister(a);
  EXPECT_TRUE(domain().passed(e, false));
  EXPECT_EQ(domain().register_reader(ReaderKind::kOutside), a);
  std::set<ReaderRecord*> all{a};
  for (uint32_t i = 1; i < kMaxReaders; ++i) {
    ReaderRecord* r = domain().register_reader(ReaderKind::kOutside);
    ASSERT_NE(r, nullptr);
    ASSERT_TRUE(all.insert(r).second);
  }
  EXPECT_EQ(domain().register_reader(ReaderKind::kOutside), nullptr);
}

TEST_F(GraceTest, QueueFreesABatchOnlyAfterItsGrace) {
  ReaderRecord* me = worker();
  ReaderRecord* other = worker();
  RetireQueue q(domain());
  for (uint32_t i = 0; i + 1 < kGraceBatch; ++i) q.retire(node(), 0);
  EXPECT_EQ(q.poll(0), nullptr);
  q.retire(node(), 0);  // sealed
  domain().quiescent(*me);
  EXPECT_EQ(q.poll(0), nullptr) << "the other worker may still hold a pointer";
  domain().quiescent(*other);
  EXPECT_EQ(count(q.poll(0)), kGraceBatch);
  EXPECT_EQ(q.held(), 0u);
}

TEST_F(GraceTest, WhatIsRetiredWhileABatchWaitsIsNotFreedWithIt) {
  ReaderRecord* me = worker();
  RetireQueue q(domain());
  for (uint32_t i = 0; i < kGraceBatch; ++i) q.retire(node(), 0);
  domain().quiescent(*me);
  std::set<GraceNode*> late;
  for (uint32_t i = 0; i < kGraceBatch; ++i) {
    GraceNode* n = node();
    late.insert(n);
    q.retire(n, 0);
  }
  GraceNode* first = q.poll(0);
  EXPECT_EQ(count(first), kGraceBatch);
  for (; first != nullptr; first = first->grace_next) EXPECT_EQ(late.count(first), 0u);
  EXPECT_EQ(q.poll(0), nullptr) << "the second batch's epoch has not been acknowledged";
  domain().quiescent(*me);
  EXPECT_EQ(count(q.poll(0)), kGraceBatch);
}

TEST_F(GraceTest, StuckReaderIsPassedAfterAMillisecondOnly) {
  ASSERT_TRUE(process_wide_barrier()) << "the kernel has no membarrier";
  worker();  // never acknowledges
  RetireQueue q(domain());
  uint64_t now = 1'000'000'000;
  q.retire(node(), 0);
  q.touch(now);  // sealed, stamped
  EXPECT_EQ(q.poll(now + kStuckNs / 2), nullptr);
  EXPECT_EQ(count(q.poll(now + kStuckNs + 1)), 1u);
}

// Without any time: a fast spawner beside a preempted worker takes no more than so many blocks (Order.C328).
TEST_F(GraceTest, StuckReaderIsPassedForACrowd) {
  ASSERT_TRUE(process_wide_barrier()) << "the kernel has no membarrier";
  ReaderRecord* stuck = worker();
  RetireQueue q(domain());
  std::size_t retired = 0, freed = 0, most = 0;
  const auto retire = [&] {
    q.retire(node(), 0);
    ++retired;
    freed += count(q.poll(0));
    most = std::max<std::size_t>(most, q.held());
  };
  {
    ReaderSection section(*stuck);
    while (retired < kGraceCrowd) retire();
    EXPECT_EQ(freed, 0u) << "inside a section it holds on";
  }
  while (retired < 10 * kGraceCrowd) retire();
  EXPECT_EQ(retired, freed + q.held());
  EXPECT_LE(most, 2 * kGraceCrowd);
  EXPECT_LE(q.held(), kGraceCrowd);
}

TEST_F(GraceTest, StuckReaderInsideASectionHoldsOn) {
  ASSERT_TRUE(process_wide_barrier()) << "the kernel has no membarrier";
  ReaderRecord* stuck = worker();
  RetireQueue q(domain());
  const uint64_t now = 1'000'000'000;
  q.retire(node(), 0);
  q.touch(now);
  {
    ReaderSection section(*stuck);
    EXPECT_EQ(q.poll(now + 2 * kStuckNs), nullptr);
  }
  EXPECT_EQ(q.poll(now + 2 * kStuckNs + 10), nullptr) << "one barrier per stuck millisecond";
  EXPECT_EQ(count(q.poll(now + 4 * kStuckNs)), 1u);
}

TEST_F(GraceTest, TheLastToParkFreesEverything) {
  ReaderRecord* a = worker();
  ReaderRecord* b = worker();
  RetireQueue qa(domain()), qb(domain());
  for (int i = 0; i < 5; ++i) qa.retire(node(), 0);
  for (int i = 0; i < 3; ++i) qb.retire(node(), 0);
  domain().offline(*a);
  EXPECT_EQ(qa.drain_for_park(), nullptr);
  EXPECT_EQ(qa.held(), 0u);
  EXPECT_TRUE(domain().has_orphans());
  domain().offline(*b);
  EXPECT_EQ(count(qb.drain_for_park()), 8u);
  EXPECT_FALSE(domain().has_orphans());
  EXPECT_EQ(qb.held(), 0u);
}

TEST_F(GraceTest, ARunningWorkerTakesTheOrphans) {
  ReaderRecord* a = worker();
  ReaderRecord* b = worker();
  RetireQueue qa(domain()), qb(domain());
  for (int i = 0; i < 5; ++i) qa.retire(node(), 0);
  domain().offline(*a);
  EXPECT_EQ(qa.drain_for_park(), nullptr);
  EXPECT_EQ(qb.poll(0), nullptr);
  EXPECT_FALSE(domain().has_orphans());
  EXPECT_EQ(qb.held(), 5u);
  domain().quiescent(*b);
  EXPECT_EQ(count(qb.poll(0)), 5u);
}

TEST_F(GraceTest, OrphansMergedWithYoungerBatchesWaitForTheYoungest) {
  ReaderRecord* a = worker();
  ReaderRecord* b = worker();
  ReaderRecord* c = worker();
  RetireQueue qa(domain()), qb(domain());
  qa.retire(node(), 0);
  domain().offline(*a);
  EXPECT_EQ(qa.drain_for_park(), nullptr);
  domain().quiescent(*c);  // acknowledges a's batch, not b's
  qb.retire(node(), 0);
  domain().offline(*b);
  EXPECT_EQ(qb.drain_for_park(), nullptr);
  RetireQueue qc(domain());
  EXPECT_EQ(qc.poll(0), nullptr);
  domain().quiescent(*c);
  EXPECT_EQ(count(qc.poll(0)), 2u);
}

}  // namespace
}  // namespace wippy
