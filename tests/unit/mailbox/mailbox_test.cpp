// The tagged mailbox driven by hand: every transition of the head word, order, stub, gap, and the sizes of signals.
#include "mailbox/mailbox.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "mailbox/signal.hpp"

namespace wippy {
namespace {

struct Numbered : MailNode {
  int number = 0;
};

class MailboxTest : public testing::Test {
 protected:
  void SetUp() override {
    head_.reset();
    tail_.reset(head_);
  }
  PushResult push(Numbered& n, int number) {
    n.number = number;
    return head_.push(&n, &n);
  }
  int pop() {
    const MailboxTail::Popped p = tail_.pop();
    return p.node == nullptr ? -1 : static_cast<Numbered*>(p.node)->number;
  }
  MailboxHead head_;
  MailboxTail tail_;
};

TEST_F(MailboxTest, ANewMailboxIsNotIdle) {
  EXPECT_FALSE(head_.idle_estimate());
  EXPECT_FALSE(head_.idle_acquire());
  Numbered a;
  EXPECT_EQ(push(a, 1), PushResult::kQueued) << "its creator submits a new process, nobody else";
}

TEST_F(MailboxTest, OnlyTheFirstPushAfterIdleSubmits) {
  Numbered a, b, c, d;
  ASSERT_TRUE(head_.try_idle(tail_.dummy()));
  EXPECT_TRUE(head_.idle_acquire());
  EXPECT_EQ(push(a, 1), PushResult::kMustSubmit);
  EXPECT_FALSE(head_.idle_estimate());
  EXPECT_EQ(push(b, 2), PushResult::kQueued);
  EXPECT_EQ(push(c, 3), PushResult::kQueued);
  EXPECT_EQ(pop(), 1);
  EXPECT_FALSE(head_.try_idle(tail_.dummy())) << "idle over unread mail";
  EXPECT_EQ(pop(), 2);
  EXPECT_EQ(pop(), 3);
  EXPECT_EQ(pop(), -1);
  EXPECT_TRUE(head_.try_idle(tail_.dummy()));
  EXPECT_EQ(push(d, 4), PushResult::kMustSubmit);
  EXPECT_EQ(pop(), 4);
}

TEST_F(MailboxTest, IdleTwiceIsRefused) {
  ASSERT_TRUE(head_.try_idle(tail_.dummy()));
  EXPECT_FALSE(head_.try_idle(tail_.dummy())) << "the tagged word differs from the tail";
}

TEST_F(MailboxTest, AChainIsPushedWholeAndInOrder) {
  Numbered n[5];
  for (int i = 0; i < 5; ++i) n[i].number = i;
  for (int i = 0; i < 4; ++i) n[i].next.store_relaxed(&n[i + 1]);  // single-threaded: no partner
  ASSERT_TRUE(head_.try_idle(tail_.dummy()));
  EXPECT_EQ(head_.push(&n[0], &n[4]), PushResult::kMustSubmit);
  Numbered after;
  EXPECT_EQ(push(after, 5), PushResult::kQueued);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(pop(), i);
  EXPECT_EQ(pop(), -1);
}

TEST_F(MailboxTest, TheFormerDummyComesBackWithTheNextPop) {
  Numbered a, b;
  static_cast<void>(push(a, 1));
  static_cast<void>(push(b, 2));
  MailboxTail::Popped p = tail_.pop();
  EXPECT_EQ(p.node, &a);
  EXPECT_EQ(p.released, head_.stub());
  EXPECT_EQ(tail_.dummy(), &a);
  p = tail_.pop();
  EXPECT_EQ(p.node, &b);
  EXPECT_EQ(p.released, &a);
}

// Between a producer's exchange and its link store: neither empty nor readable.
TEST_F(MailboxTest, AGapIsNotIdle) {
  Numbered a, b;
  static_cast<void>(push(a, 1));
  a.next.store_relaxed(nullptr);
  EXPECT_EQ(pop(), 1);
  static_cast<void>(push(b, 2));
  a.next.store_relaxed(nullptr);  // as if b's producer had not linked yet
  EXPECT_EQ(pop(), -1);
  EXPECT_FALSE(head_.nothing_behind(tail_.dummy()));
  EXPECT_FALSE(head_.try_idle(tail_.dummy()));
  a.next.store_relaxed(&b);
  EXPECT_EQ(pop(), 2);
  EXPECT_TRUE(head_.nothing_behind(tail_.dummy()));
}

// What Process::rest does to let a large dummy go.
TEST_F(MailboxTest, TheStubMayBeInsertedAgainAndAgain) {
  Numbered a, b;
  for (int round = 0; round < 3; ++round) {
    static_cast<void>(push(a, 1));
    EXPECT_EQ(pop(), 1);
    EXPECT_EQ(head_.push(head_.stub(), head_.stub()), PushResult::kQueued);
    const MailboxTail::Popped p = tail_.pop();
    EXPECT_EQ(p.node, head_.stub());
    EXPECT_EQ(p.released, &a) << "the large node is free now";
    ASSERT_TRUE(head_.try_idle(tail_.dummy()));
    EXPECT_EQ(push(b, 2), PushResult::kMustSubmit);
    EXPECT_EQ(pop(), 2);
  }
}

TEST_F(MailboxTest, AMessageBehindTheReinsertedStubIsNotLost) {
  Numbered a, b, c;
  static_cast<void>(push(a, 1));
  EXPECT_EQ(pop(), 1);
  static_cast<void>(push(b, 2));
  static_cast<void>(head_.push(head_.stub(), head_.stub()));
  static_cast<void>(push(c, 3));
  EXPECT_EQ(pop(), 2);
  EXPECT_EQ(tail_.pop().node, head_.stub());
  EXPECT_EQ(pop(), 3);
  EXPECT_TRUE(head_.try_idle(tail_.dummy()));
}

class SignalTest : public testing::Test {
 protected:
  MemoryPools pools_{1, nullptr, std::size_t{128} << 20};
  ThreadMemory scope_{pools_, 0, ReaderKind::kOutside};
};

TEST_F(SignalTest, BodiesAtTheClassBorders) {
  std::vector<std::size_t> sizes{0, 1, 31, 32, 33};
  for (uint32_t c = 0; slab_class_bytes(c) <= 4096; ++c) {
    const std::size_t room = slab_class_bytes(c) - kSignalHeader;
    for (const std::size_t s : {room - 1, room, room + 1}) sizes.push_back(s);
  }
  for (const std::size_t bytes : sizes) {
    std::string body(bytes, 'x');
    for (std::size_t i = 0; i < bytes; ++i) body[i] = static_cast<char>(i * 31 + bytes);
    Signal* s = make_signal(SignalKind::kMessage, Pid{77}, 5, body.data(), bytes);
    ASSERT_NE(s, nullptr);
    EXPECT_EQ(std::string(s->body(), s->body_bytes), body) << bytes;
    EXPECT_EQ(s->from, Pid{77});
    if (bytes > kSlabMaxBody) {
      EXPECT_NE(s->flags & Signal::kExternal, 0) << bytes;
      EXPECT_EQ(s->slab_class, 0u);
    } else {
      EXPECT_EQ(s->flags & Signal::kExternal, 0) << bytes;
      EXPECT_GE(slab_class_bytes(s->slab_class), kSignalHeader + bytes);
      EXPECT_TRUE(s->slab_class == 0 || slab_class_bytes(s->slab_class - 1u) < kSignalHeader + bytes) << bytes;
    }
    s->link() = nullptr;  // the receiver's list must not destroy the body
    EXPECT_EQ(std::string(s->body(), s->body_bytes), body) << bytes;
    destroy_signal(s);
  }
}

TEST_F(SignalTest, SignalsAreReusedFromTheSlab) {
  const auto one = [] { return make_bare_signal(SignalKind::kTimer, Pid{}, 9); };
  Signal* a = one();
  destroy_signal(a);
  Signal* b = one();
  EXPECT_EQ(a, b);
  destroy_signal(b);
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{1000}, std::size_t{4000}}) {
    const std::string body(bytes, 'y');
    Signal* first = make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), bytes);
    destroy_signal(first);
    Signal* again = make_signal(SignalKind::kMessage, Pid{}, 0, body.data(), bytes);
    EXPECT_EQ(first, again);
    destroy_signal(again);
  }
}

TEST_F(SignalTest, SharedBodiesCountTheirHolders) {
  Buffer* b = Buffer::create("reason", 6);
  std::vector<Signal*> all;
  for (int i = 0; i < 100; ++i) {
    b->retain();
    all.push_back(make_shared_signal(SignalKind::kExit, Pid{1}, 2, b));
  }
  b->release();
  for (Signal* s : all) {
    EXPECT_EQ(std::string(s->body(), s->body_bytes), "reason");
    destroy_signal(s);  // ASan and LSan see one too many or too few
  }
  Signal* none = make_shared_signal(SignalKind::kExit, Pid{1}, 2, nullptr);
  EXPECT_EQ(none->body_bytes, 0u);
  destroy_signal(none);
}

}  // namespace
}  // namespace wippy
