#include "runtime/events/event_bus.hpp"

#include <algorithm>
#include <new>

#include "mailbox/signal.hpp"
#include "runtime/process/node_core.hpp"

namespace wippy {

class EventBus::Subscription {
 public:
  Subscription(std::string_view system, std::string_view kind, EventTarget to)
      : system_pattern(system), kind_pattern(kind), target(to) {}

  static std::size_t bytes_of(const Event& e) noexcept {
    return sizeof(Event) + e.system.size() + e.kind.size() + e.path.size() + e.data.size();
  }
  void push(const std::shared_ptr<const Event>& event) {
    queue.push_back(event);
    bytes += bytes_of(*event);
    while (queue.size() > kMostEvents || bytes > kMostBytes) {
      bytes -= bytes_of(*queue.front());
      queue.pop_front();
      ++dropped;
    }
  }

  const std::string system_pattern;
  const std::string kind_pattern;
  const EventTarget target;
  std::deque<std::shared_ptr<const Event>> queue;
  std::size_t bytes = 0;
  uint64_t dropped = 0;
  bool told = false;  // a signal is on its way
};

namespace {

// Which beginnings of a text the pattern so far fits, as lengths: the work is |pattern| x |text|, however many stars there are.
class Reach {
 public:
  explicit Reach(std::string_view text) : text_(text), at_(text.size() + 1, false) { at_[0] = true; }
  bool whole() const { return at_.back(); }
  void letter(char c) { word(std::string_view(&c, 1)); }
  void word(std::string_view w) { at_ = after(w); }
  void star(bool dots) {
    bool carried = false;
    for (std::size_t n = 0; n < at_.size(); ++n) {
      carried = at_[n] || (carried && (dots || text_[n - 1] != '.'));
      at_[n] = carried;
    }
  }
  // One of `words`, between bars.
  void choice(std::string_view words) {
    std::vector<bool> any(at_.size(), false);
    for (;;) {
      const std::size_t bar = words.find('|');
      const std::vector<bool> one = after(words.substr(0, bar));
      for (std::size_t n = 0; n < any.size(); ++n) any[n] = any[n] || one[n];
      if (bar == std::string_view::npos) break;
      words.remove_prefix(bar + 1);
    }
    at_ = std::move(any);
  }

 private:
  std::vector<bool> after(std::string_view w) const {
    std::vector<bool> next(at_.size(), false);
    for (std::size_t n = 0; n + w.size() < at_.size(); ++n)
      next[n + w.size()] = at_[n] && text_.substr(n).starts_with(w);
    return next;
  }
  std::string_view text_;
  std::vector<bool> at_;
};

bool matches(std::string_view p, std::string_view text) {
  Reach reach(text);
  while (!p.empty()) {
    std::size_t taken = 1;
    if (p.front() == '*') {
      taken = p.starts_with("**") ? 2 : 1;
      reach.star(taken == 2);
    } else if (const std::size_t end = p.find(')'); p.front() == '(' && end != std::string_view::npos) {
      taken = end + 1;
      reach.choice(p.substr(1, end - 1));
    } else {
      reach.letter(p.front());
    }
    p.remove_prefix(taken);
  }
  return reach.whole();
}

}  // namespace

bool event_pattern_matches(std::string_view pattern, std::string_view text) {
  return pattern == "*" || matches(pattern, text);
}

std::shared_ptr<EventBus::Subscription> EventBus::subscribe(std::string_view system_pattern,
                                                            std::string_view kind_pattern,
                                                            EventTarget target) noexcept {
  try {
    auto subscription = std::make_shared<Subscription>(system_pattern, kind_pattern, target);
    LockGuard lock(mutex_);
    subscriptions_.push_back(subscription);
    return subscription;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void EventBus::unsubscribe(Subscription& subscription) noexcept {
  LockGuard lock(mutex_);
  std::erase_if(subscriptions_, [&](const auto& held) { return held.get() == &subscription; });
  subscription.queue.clear();
  subscription.bytes = 0;
}

bool EventBus::publish(std::string_view system, std::string_view kind, std::string_view path,
                       std::string_view data) noexcept {
  try {
    std::shared_ptr<const Event> event;
    std::vector<EventTarget> targets;
    {
      LockGuard lock(mutex_);
      for (const auto& s : subscriptions_) {
        if (!event_pattern_matches(s->system_pattern, system) || !event_pattern_matches(s->kind_pattern, kind))
          continue;
        if (event == nullptr)
          event = std::make_shared<const Event>(
              Event{std::string(system), std::string(kind), std::string(path), std::string(data)});
        if (!s->told) targets.push_back(s->target);
        s->told = true;
        s->push(event);
      }
    }
    for (const EventTarget& target : targets) tell(target);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Without memory for a signal the subscriber waits for the next event.
void EventBus::tell(const EventTarget& target) noexcept {
  Signal* const s = make_shared_signal(SignalKind::kCompletion, Pid{target.upgrades}, target.ref, nullptr);
  if (s != nullptr) {
    static_cast<void>(node_.deliver(target.pid, s));  // gone: its subscription goes with it
    return;
  }
  LockGuard lock(mutex_);
  for (const auto& held : subscriptions_) {
    if (held->target.ref == target.ref) held->told = false;
  }
}

std::size_t EventBus::waiting(const Subscription& subscription) const noexcept {
  LockGuard lock(mutex_);
  return subscription.queue.size();
}

std::shared_ptr<const Event> EventBus::take(Subscription& subscription) noexcept {
  LockGuard lock(mutex_);
  if (subscription.queue.empty()) return nullptr;
  std::shared_ptr<const Event> event = std::move(subscription.queue.front());
  subscription.queue.pop_front();
  subscription.bytes -= Subscription::bytes_of(*event);
  return event;
}

uint64_t EventBus::dropped(const Subscription& subscription) const noexcept {
  LockGuard lock(mutex_);
  return subscription.dropped;
}

std::size_t EventBus::rearm(Subscription& subscription) noexcept {
  LockGuard lock(mutex_);
  subscription.told = false;
  return subscription.queue.size();
}

}  // namespace wippy
