// mailbox/mailbox.hpp: one thread, and one or two producers on other threads. Nodes are not allocated: bench/micro/slab.cpp.
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "bench/harness.hpp"
#include "mailbox/mailbox.hpp"
#include "memory/cache_line.hpp"
#include "scheduler/clock.hpp"

namespace wippy::bench {

namespace {

struct alignas(kCacheLine) Letter : MailNode {
  uint64_t value = 0;
};

void push_pop(benchmark::State& state) {
  MailboxHead head;
  head.reset();
  MailboxTail tail;
  tail.reset(head);
  std::array<Letter, 2> letters;  // the one popped last stays in the queue as its dummy
  uint64_t sum = 0;
  uint64_t n = 0;
  for (auto _ : state) {
    Letter& l = letters[n & 1];
    l.value = ++n;
    static_cast<void>(head.push(&l, &l));
    sum += static_cast<Letter*>(tail.pop().node)->value;
  }
  if (sum != n * (n + 1) / 2) state.SkipWithError("a letter is wrong");
}
const MicroCase kPushPop("micro/mailbox_push_pop", "push + pop, one thread", {"exchange"}, 2'000'000, push_pop);

// The whole cycle of a process that is woken by each message: push gives the tag back, pop, go idle.
void push_pop_idle(benchmark::State& state) {
  MailboxHead head;
  head.reset();
  MailboxTail tail;
  tail.reset(head);
  std::array<Letter, 2> letters;
  uint64_t n = 0;
  uint64_t woken = 0;
  if (!head.try_idle(tail.dummy())) return state.SkipWithError("a new mailbox is not empty");
  for (auto _ : state) {
    Letter& l = letters[n++ & 1];
    woken += head.push(&l, &l) == PushResult::kMustSubmit ? 1 : 0;
    static_cast<void>(tail.pop());
    static_cast<void>(head.try_idle(tail.dummy()));
  }
  if (woken != n) state.SkipWithError("a push did not wake");
}
const MicroCase kIdle("micro/mailbox_push_pop_idle", "push that wakes + pop + going idle", {"exchange"}, 2'000'000,
                      push_pop_idle);

// A producer holds back while `kWindow` of its letters are unread and uses them again then.
constexpr uint64_t kLetters = 4096;
constexpr uint64_t kWindow = 2048;

struct Producer {
  std::vector<Letter> letters = std::vector<Letter>(kLetters);
  alignas(kCacheLine) Atomic<uint64_t> consumed{0};
};

void produce(MailboxHead& head, Producer& p, uint64_t count, uint64_t base) {
  for (uint64_t i = 0; i < count; ++i) {
    for (uint32_t spins = 0; i - p.consumed.load_acquire() > kWindow;) {  // partner: consumer's store_release
      cpu_relax();
      if (++spins % 4096 == 0) std::this_thread::yield();
    }
    Letter& l = p.letters[i % kLetters];
    l.value = base + i;
    static_cast<void>(head.push(&l, &l));
  }
}

Measured cross(uint64_t ops, std::size_t producers) {
  MailboxHead head;
  head.reset();
  MailboxTail tail;
  tail.reset(head);
  const uint64_t each = ops / producers;
  std::vector<std::unique_ptr<Producer>> all;
  for (std::size_t i = 0; i < producers; ++i) all.push_back(std::make_unique<Producer>());
  Atomic<uint32_t> go{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < producers; ++i) {
    threads.emplace_back([&, i] {
      const PinnedTo pin(usable_cpus()[i % (usable_cpus().size() - 1)]);
      while (go.load_acquire() == 0) std::this_thread::yield();  // partner: below
      produce(head, *all[i], each, i << 32);
    });
  }
  Measured m;
  std::vector<uint64_t> seen(producers, 0);
  {
    const PinnedTo pin(usable_cpus().back());
    const uint64_t t0 = monotonic_ns();
    go.store_release(1);  // partner: above
    uint32_t spins = 0;
    for (uint64_t got = 0; got < each * producers;) {
      MailNode* n = tail.pop().node;
      if (n == nullptr) {
        cpu_relax();
        if (++spins % 4096 == 0) std::this_thread::yield();
        continue;
      }
      const uint64_t v = static_cast<Letter*>(n)->value;
      uint64_t& count = seen[v >> 32];
      if ((v & 0xffffffffu) != count) m.error = "a producer's letters came out of order";
      if (++count % 64 == 0 && count > 1)
        all[v >> 32]->consumed.store_release(count - 1);  // the last is still the dummy
      ++got;
    }
    m.wall_ns = monotonic_ns() - t0;
  }
  for (std::thread& t : threads) t.join();
  return m;
}

const ScenarioCase kOne("micro/mailbox_1_producer", "message from a thread on another core", {"line_round_trip"},
                        {.ops = 400'000, .smoke_ops = 4'000, .min_cpus = 2},
                        [](uint64_t ops) { return cross(ops, 1); });
const ScenarioCase kTwo("micro/mailbox_2_producers",
                        "message from two threads on other cores (one core when there are two)", {"line_round_trip"},
                        {.ops = 400'000, .smoke_ops = 4'000, .min_cpus = 2},
                        [](uint64_t ops) { return cross(ops, 2); });

}  // namespace

}  // namespace wippy::bench
