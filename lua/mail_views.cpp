// What the views of the mailbox hand out: messages, raw payloads, event tables (spec/process.md §1.10-1.11).
#include "lua/error_object.hpp"
#include "lua/events.hpp"
#include "lua/machine.hpp"
#include "lua/mail_router.hpp"
#include "lua/message.hpp"

namespace wippy::lua {

namespace {

Body body_of(const Signal& s) noexcept {
  Body body;
  static_cast<void>(open_body({s.body(), s.body_bytes}, body));  // was looked at on arrival
  return body;
}

}  // namespace

bool MailView::push_channel(lua_State* L) {
  if (open()) {
    push_anchored(L, anchor_);
    return false;
  }
  unanchor(L, anchor_);
  anchor_ = 0;
  channel_ = nullptr;
  Channel* const made = new_channel(L, 0, this);
  lua_pushvalue(L, -1);
  anchor_ = anchor(L);
  channel_ = made;
  return true;
}

void MailView::close(lua_State* L) noexcept {
  if (channel_ == nullptr) return;
  close_channel(channel_);
  unanchor(L, anchor_);
  anchor_ = 0;
  channel_ = nullptr;
}

bool EventsView::ready(uint64_t& arrival) noexcept {
  const MailItem* const item = router_.event_queue_.first;
  if (item != nullptr) arrival = item->arrival;
  return item != nullptr;
}

void EventsView::take(lua_State* L) {
  MailItem* const item = router_.event_queue_.first;
  push_event(L, *item->signal, item->at_unix_s);
  router_.event_queue_.pop();
  router_.drop_item(item);
}

bool InboxView::ready(uint64_t& arrival) noexcept {
  const MailItem* const item = router_.unclaimed_first_;
  if (item != nullptr) arrival = item->arrival;
  return item != nullptr;
}

void InboxView::take(lua_State* L) {
  MailItem* const item = router_.unclaimed_first_;
  push_message(L, item->signal->from, body_of(*item->signal));
  router_.message_taken(item);
}

bool Topic::ready(uint64_t& arrival) noexcept {
  if (queue.first != nullptr) arrival = queue.first->arrival;
  return queue.first != nullptr;
}

void Topic::take(lua_State* L) {
  MailItem* const item = queue.first;
  if (message_mode) {
    push_message(L, item->signal->from, body_of(*item->signal));
  } else {
    push_raw_payload(L, body_of(*item->signal));
  }
  router_.message_taken(item);
}

}  // namespace wippy::lua
