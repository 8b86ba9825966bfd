#include "runtime/dispatch/blocking_pool.hpp"

#include <cstdlib>

#include "mailbox/values.hpp"
#include "runtime/process/node_core.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

namespace {

constexpr uint64_t kRetryNs = 1'000'000;

// Null: out of memory.
Signal* completion(const Command& c, const std::string& body) noexcept {
  Buffer* b = Buffer::create(body.data(), body.size());
  if (b == nullptr) return nullptr;
  Signal* s = make_shared_signal(SignalKind::kCompletion, Pid{c.upgrades}, c.ref, b);
  if (s == nullptr) b->release();
  return s;
}

}  // namespace

BlockingPool::BlockingPool(NodeCore& node, uint32_t threads) : node_(node) {
  for (uint32_t i = 0; i < threads; ++i) {
    seats_.push_back(std::make_unique<Seat>());
    seats_.back()->pool = this;
  }
}

BlockingPool::~BlockingPool() { stop(); }

bool BlockingPool::submit(const Command& c) noexcept {
  Seat* wake = nullptr;
  {
    LockGuard lock(mutex_);
    if (stopping_ || queue_.size() >= kQueue || queued_of_host_[c.host_index] >= kQueue / 2) return false;
    queue_.push_back(c);
    ++queued_of_host_[c.host_index];
    for (uint32_t i = 0; i < started_ && wake == nullptr; ++i) {
      if (seats_[i]->idle) wake = seats_[i].get();
    }
    if (wake != nullptr) {
      wake->idle = false;
    } else if (started_ < seats_.size()) {
      Seat* fresh = seats_[started_].get();
      if (fresh->thread.start("wippy/blocking", &BlockingPool::thread_main, fresh)) ++started_;
    }
    if (started_ == 0) {  // no thread to be had: nothing was taken over
      queue_.pop_back();
      --queued_of_host_[c.host_index];
      return false;
    }
  }
  if (wake != nullptr) wake->parker.unpark();
  return true;
}

void BlockingPool::start_all() noexcept {
  LockGuard lock(mutex_);
  for (; !stopping_ && started_ < seats_.size(); ++started_) {
    Seat* const fresh = seats_[started_].get();
    if (!fresh->thread.start("wippy/blocking", &BlockingPool::thread_main, fresh)) return;
  }
}

void BlockingPool::thread_main(void* seat) {
  auto& s = *static_cast<Seat*>(seat);
  ThreadMemory scope(s.pool->node_.pools(), 0, ReaderKind::kOutside);
  // What the allocator keeps for a thread is made now: jemalloc crashes when a thread's first block comes at a memory limit.
  void* volatile first = std::malloc(1);
  std::free(first);
  s.pool->work(s);
}

bool BlockingPool::take(Seat& seat, Command& c) noexcept {
  LockGuard lock(mutex_);
  if (queue_.empty()) {
    seat.idle = !stopping_;
    return false;
  }
  c = queue_.front();
  queue_.pop_front();
  --queued_of_host_[c.host_index];
  return true;
}

void BlockingPool::work(Seat& seat) noexcept {
  for (;;) {
    Command c;
    if (take(seat, c)) {
      run(c);
      continue;
    }
    {
      LockGuard lock(mutex_);
      if (stopping_ && queue_.empty()) return;
    }
    static_cast<void>(seat.parker.park(kNeverNs));  // spurious is harmless: look again
  }
}

void BlockingPool::run(const Command& c) noexcept {
  std::string body;
  try {
    body = c.work(c.arg);
  } catch (...) {  // a handler's failure is the caller's answer, not the pool's end
    ValueWriter w;
    w.reset_body("", 1);
    w.begin_error(ErrorKind::kInternal, Retryable::kNo, "the command failed", {});
    w.nil();
    w.end_error();
    if (w.finish().ok()) body.assign(w.view());
  }
  if (c.dispose != nullptr) c.dispose(c.arg);
  Signal* s = completion(c, body);
  // The caller waits for this answer and for nothing else: without memory for it, this thread can wait too.
  for (Parker pause; s == nullptr && node_.alive(c.caller); s = completion(c, body)) {
    static_cast<void>(pause.park(monotonic_ns() + kRetryNs));
  }
  if (s != nullptr) static_cast<void>(node_.deliver(c.caller, s));  // gone: nobody waits for it
}

void BlockingPool::stop() noexcept {
  uint32_t started = 0;
  {
    LockGuard lock(mutex_);
    stopping_ = true;
    started = started_;
  }
  for (uint32_t i = 0; i < started; ++i) seats_[i]->parker.unpark();
  for (uint32_t i = 0; i < started; ++i) seats_[i]->thread.join();
  LockGuard lock(mutex_);
  started_ = 0;
}

}  // namespace wippy
