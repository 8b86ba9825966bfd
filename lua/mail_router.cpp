#include "lua/mail_router.hpp"

#include <cstring>
#include <functional>
#include <new>

#include "lua/machine.hpp"
#include "lua/values_lua.hpp"
#include "runtime/process/node_core.hpp"
#include "runtime/sim/counted.hpp"
#if defined(WIPPY_SIM)
#include "runtime/sim/hooks.hpp"
#endif
#include "scheduler/clock.hpp"

namespace wippy::lua {

SignalSink* MailRouter::make(LuaMachine& machine) noexcept {
  void* const block = machine.allocate(sizeof(MailRouter));
  return block != nullptr ? new (block) MailRouter(machine) : nullptr;
}

MailRouter* MailRouter::of(LuaMachine& machine) noexcept { return static_cast<MailRouter*>(machine.sink()); }

// --- arrival

MailItem* MailRouter::new_item(Signal* s) noexcept {
  void* const block = machine_.allocate(sizeof(MailItem));
  if (block == nullptr) return nullptr;
  auto* item = new (block) MailItem;
  item->signal = s;
  item->arrival = next_arrival_++;
  return item;
}

void MailRouter::drop_item(MailItem* item) noexcept {
  machine_.context().release(item->signal);
  machine_.deallocate(item, sizeof(MailItem));
}

void MailRouter::on_signal(LuaMachine&, Signal* s) noexcept {
  if (s->kind == SignalKind::kMessage) {
    add_message(s);
  } else {
    add_event(s);
  }
}

void MailRouter::add_event(Signal* s) noexcept {
  MailItem* const item = new_item(s);
  if (item == nullptr) return machine_.context().release(s);
  item->at_unix_s = static_cast<int64_t>(wall_ns() / 1'000'000'000u);
  event_queue_.push(item);
  if (events_.open()) notify(events_.channel());
}

void MailRouter::add_message(Signal* s) noexcept {
  Body body;
  if (!open_body({s->body(), s->body_bytes}, body)) return machine_.context().release(s);
  // Reserved topics never fall back to the inbox, and nobody can listen to them.
  if (!body.topic.empty() && body.topic.front() == '@') return machine_.context().release(s);
  Topic* const topic = topic_of(body.topic);
  MailItem* const item = topic != nullptr ? new_item(s) : nullptr;
  if (item == nullptr) return machine_.context().release(s);
  item->topic = topic;
  topic->queue.push(item);
  if (topic->claimed && !topic->open()) unclaim(*topic);  // the script closed the channel itself
  if (topic->claimed) return notify(topic->channel());
  if (item->unclaimed_previous == nullptr && unclaimed_first_ != item) unclaimed_insert(item, nullptr);
  if (inbox_.open()) notify(inbox_.channel());
}

// --- unclaimed mail

// Before `before`; null: at the end.
void MailRouter::unclaimed_insert(MailItem* item, MailItem* before) noexcept {
  MailItem* const previous = before != nullptr ? before->unclaimed_previous : unclaimed_last_;
  item->unclaimed_previous = previous;
  item->unclaimed_next = before;
  (previous != nullptr ? previous->unclaimed_next : unclaimed_first_) = item;
  (before != nullptr ? before->unclaimed_previous : unclaimed_last_) = item;
}

void MailRouter::unclaimed_remove(MailItem* item) noexcept {
  MailItem* const previous = item->unclaimed_previous;
  MailItem* const next = item->unclaimed_next;
  (previous != nullptr ? previous->unclaimed_next : unclaimed_first_) = next;
  (next != nullptr ? next->unclaimed_previous : unclaimed_last_) = previous;
  item->unclaimed_previous = item->unclaimed_next = nullptr;
}

void MailRouter::claim(Topic& topic) noexcept {
  if (topic.claimed) return;
  topic.claimed = true;
  for (MailItem* i = topic.queue.first; i != nullptr; i = i->next) {
    count(Counted::kMailLooked);
    unclaimed_remove(i);
  }
}

// Both sequences are in order of arrival: one merge. Where it begins is looked for from the end, so that an old backlog costs
// nothing.
void MailRouter::unclaim(Topic& topic) noexcept {
  topic.claimed = false;
  topic.message_mode = false;
  if (topic.queue.first == nullptr) return;
  MailItem* at = nullptr;
  for (MailItem* i = unclaimed_last_; i != nullptr && i->arrival > topic.queue.first->arrival;) {
    count(Counted::kMailLooked);
    at = i;
    i = i->unclaimed_previous;
  }
  for (MailItem* i = topic.queue.first; i != nullptr; i = i->next) {
    count(Counted::kMailLooked);
    while (at != nullptr && at->arrival < i->arrival) {
      count(Counted::kMailLooked);
      at = at->unclaimed_next;
    }
    unclaimed_insert(i, at);
    if (inbox_.open()) notify(inbox_.channel());
  }
}

// --- topics

Topic* MailRouter::topic_of(std::string_view name) noexcept {
  if (last_topic_ != nullptr && last_topic_->name == name) return last_topic_;
  const std::size_t hash = std::hash<std::string_view>{}(name);
  Topic* const found = find_topic(name, hash);
  last_topic_ = found != nullptr ? found : make_topic(name, hash);
  return last_topic_;
}

Topic* MailRouter::find_topic(std::string_view name, std::size_t hash) noexcept {
  if (bucket_count_ == 0) return nullptr;
  for (Topic* t = buckets_[hash & (bucket_count_ - 1)]; t != nullptr; t = t->next) {
    if (t->hash == hash && t->name == name) return t;
  }
  return nullptr;
}

bool MailRouter::grow_buckets() noexcept {
  const uint32_t count = bucket_count_ == 0 ? kFirstBuckets : bucket_count_ * 2;
  auto** const buckets = static_cast<Topic**>(machine_.allocate(count * sizeof(Topic*)));
  if (buckets == nullptr) return bucket_count_ != 0;  // longer chains will do
  std::memset(buckets, 0, count * sizeof(Topic*));
  for (uint32_t b = 0; b < bucket_count_; ++b) {
    for (Topic* t = buckets_[b]; t != nullptr;) {
      Topic* const next = t->next;
      t->next = buckets[t->hash & (count - 1)];
      buckets[t->hash & (count - 1)] = t;
      t = next;
    }
  }
  if (buckets_ != nullptr) machine_.deallocate(buckets_, bucket_count_ * sizeof(Topic*));
  buckets_ = buckets;
  bucket_count_ = count;
  return true;
}

Topic* MailRouter::make_topic(std::string_view name, std::size_t hash) noexcept {
  if (topic_count_ >= bucket_count_ && !grow_buckets()) return nullptr;
  void* const block = machine_.allocate(sizeof(Topic) + name.size() + 1);
  if (block == nullptr) return nullptr;
  char* const text = static_cast<char*>(block) + sizeof(Topic);
  std::memcpy(text, name.data(), name.size());
  auto* topic = new (block) Topic(*this, {text, name.size()}, hash);
  Topic*& bucket = buckets_[hash & (bucket_count_ - 1)];
  topic->next = bucket;
  bucket = topic;
  ++topic_count_;
  return topic;
}

// A few idle topics stay: a process that works through its inbox would make and drop one per message.
void MailRouter::release_if_idle(Topic* topic) noexcept {
  if (topic->claimed || topic->queue.first != nullptr || topic_count_ <= kIdleTopics) return;
  Topic** at = &buckets_[topic->hash & (bucket_count_ - 1)];
  while (*at != topic) at = &(*at)->next;
  *at = topic->next;
  --topic_count_;
  if (last_topic_ == topic) last_topic_ = nullptr;
  machine_.deallocate(topic, sizeof(Topic) + topic->name.size() + 1);
}

// --- the script's side

void MailRouter::push_listener(lua_State* L, std::string_view name, bool message_mode) {
  Topic* const topic = topic_of(name);
  if (topic == nullptr) {
    luaL_error(L, "not enough memory");
    return;
  }
  if (topic->claimed && !topic->open()) unclaim(*topic);
  topic->push_channel(L);
  claim(*topic);
  if (message_mode) topic->message_mode = true;  // asking for raw later does not switch back
}

bool MailRouter::unlisten(lua_State* L, Channel* channel) noexcept {
  if (channel->closed || channel->source == nullptr || !channel->source->is_mailbox()) return false;
  auto* const view = static_cast<MailView*>(channel->source);
  view->close(L);
  if (view == &events_ || view == &inbox_) return true;
  auto* const topic = static_cast<Topic*>(view);
  unclaim(*topic);
  release_if_idle(topic);
  return true;
}

void MailRouter::message_taken(MailItem* item) noexcept {
  count(Counted::kMailLooked);
  Topic* const topic = item->topic;
  if (!topic->claimed) unclaimed_remove(item);
  topic->queue.pop();
  drop_item(item);
  release_if_idle(topic);
}

// --- for bounded mailboxes

// The oldest of all is the first of its topic. Null: there is none.
MailItem* MailRouter::oldest_message() noexcept {
  MailItem* oldest = unclaimed_first_;
  for (uint32_t b = 0; b < bucket_count_; ++b) {
    for (const Topic* t = buckets_[b]; t != nullptr; t = t->next) {
      MailItem* const i = t->queue.first;
      count(Counted::kMailLooked);
      if (i != nullptr && (oldest == nullptr || i->arrival < oldest->arrival)) oldest = i;
    }
  }
  return oldest;
}

bool MailRouter::drop_oldest_message() noexcept {
  MailItem* const oldest = oldest_message();
  if (oldest != nullptr) message_taken(oldest);
  return oldest != nullptr;
}

void MailRouter::inspect(Inspection& out) noexcept {
  const MailItem* const oldest = oldest_message();
  if (oldest == nullptr) return;
  out.add(*oldest->signal);
  for (uint32_t b = 0; b < bucket_count_; ++b) {
    for (const Topic* t = buckets_[b]; t != nullptr; t = t->next) {
      for (const MailItem* i = t->queue.first; i != nullptr && !out.full(); i = i->next) {
        if (i != oldest) out.add(*i->signal);
      }
    }
  }
}

void MailRouter::each_message(void (*show)(void*, const Signal&), void* arg) noexcept {
  for (uint32_t b = 0; b < bucket_count_; ++b) {
    for (const Topic* t = buckets_[b]; t != nullptr; t = t->next) {
      for (const MailItem* i = t->queue.first; i != nullptr; i = i->next) show(arg, *i->signal);
    }
  }
}

// --- the end

namespace {

// Newest first. Merge sort of a list (Knuth, TAOCP 3, §5.2.4), by the links `next`.
MailItem* sort_newest_first(MailItem* list) noexcept {
  MailItem* bins[64] = {};  // bins[i]: a sorted list of 2^i items, or none
  const auto merge = [](MailItem* a, MailItem* b) noexcept {
    MailItem* first = nullptr;
    MailItem** end = &first;
    while (a != nullptr && b != nullptr) {
      MailItem*& newer = a->arrival > b->arrival ? a : b;
      *end = newer;
      end = &newer->next;
      newer = newer->next;
    }
    *end = a != nullptr ? a : b;
    return first;
  };
  while (list != nullptr) {
    MailItem* run = list;
    list = list->next;
    run->next = nullptr;
    int i = 0;
    for (; bins[i] != nullptr; ++i) {
      run = merge(bins[i], run);
      bins[i] = nullptr;
    }
    bins[i] = run;
  }
  MailItem* sorted = nullptr;
  for (MailItem* bin : bins) sorted = merge(sorted, bin);
  return sorted;
}

#if defined(WIPPY_SIM)
MailItem* with_planted_mistake(MailItem* newest_first, Context& context) noexcept {
  const bool turns = sim::planted(sim::Bug::kMailTurned);
  const bool loses = sim::planted(sim::Bug::kRoutedLost);
  if (!turns && !loses) return newest_first;
  MailItem* first = nullptr;
  MailItem** end = &first;
  for (MailItem* i = newest_first; i != nullptr;) {
    MailItem* const next = i->next;
    if (loses && i->topic != nullptr && i->topic->claimed) {
      context.release(i->signal);
    } else if (turns) {
      i->next = first;
      first = i;
    } else {
      i->next = nullptr;
      *end = i;
      end = &i->next;
    }
    i = next;
  }
  return first;
}
#endif

}  // namespace

MailItem* MailRouter::all_items() noexcept {
  MailQueue all = event_queue_;
  for (uint32_t b = 0; b < bucket_count_; ++b) {
    for (const Topic* t = buckets_[b]; t != nullptr; t = t->next) {
      if (t->queue.first == nullptr) continue;
      (all.last != nullptr ? all.last->next : all.first) = t->queue.first;
      all.last = t->queue.last;
    }
  }
  return all.first;
}

void MailRouter::close(LuaMachine& machine, bool killed) noexcept {
  Context& context = machine.context();
  // An exit (the pid is erased by then) drops the mail; only an upgrade hands it on.
  const bool keep = !killed && context.node().alive(context.pid());
  MailItem* item = all_items();
  if (keep) item = sort_newest_first(item);
#if defined(WIPPY_SIM)
  if (keep) item = with_planted_mistake(item, context);
#endif
  for (; item != nullptr; item = item->next) {
    if (keep) {
      context.unread(item->signal);
    } else {
      context.release(item->signal);
    }
  }
}

}  // namespace wippy::lua
