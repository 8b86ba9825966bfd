#include "runtime/registry/registry.hpp"

#include <algorithm>
#include <utility>

#include "mailbox/values.hpp"
#include "runtime/app/node_values.hpp"
#include "runtime/app/plan.hpp"
#include "scheduler/clock.hpp"

namespace wippy::registry {

namespace {

Outcome failed(ErrorKind kind, std::string text) {
  Outcome out;
  out.status = Status::error(kind, "registry change refused");
  out.text = std::move(text);
  return out;
}

std::string texts_of(const std::vector<app::Problem>& problems) {
  std::string out;
  for (const app::Problem& p : problems) out += (out.empty() ? "" : "\n") + p.text();
  return out;
}

// What decides which services run, as text.
std::string service_fields(const EntryPtr& entry) {
  if (entry == nullptr || entry->config_as<app::ServiceConfig>() == nullptr) return {};
  const auto* process = entry->config_as<app::ProcessConfig>();
  if (process != nullptr && !process->lifecycle.auto_start) return {};
  ValueWriter w;
  w.reset(5);
  w.string(entry->kind.data(), entry->kind.size());
  for (const char* key : {"lifecycle", "host", "process", "input"}) {
    const app::Node* node = entry->data.find(key);
    if (node != nullptr) {
      app::write_node(w, *node);
    } else {
      w.nil();
    }
  }
  return w.finish().ok() ? std::string(w.view()) : std::string("?");
}

std::vector<Change> changes_between(const State& before, const State& after) {
  std::vector<Change> changes;
  for (const auto& [id, entry] : before.entries) {
    EntryPtr now = after.find(id);
    if (now != entry) changes.push_back({id, entry, std::move(now)});
  }
  for (const auto& [id, entry] : after.entries) {
    if (!before.entries.contains(id)) changes.push_back({id, nullptr, entry});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.id < b.id; });
  return changes;
}

}  // namespace

EntryPtr State::find(const app::EntryId& id) const {
  const auto found = entries.find(id);
  return found == entries.end() ? nullptr : found->second;
}

Registry::Registry(const app::Application& app, app::LoadOptions options) : options_(std::move(options)) {
  base_.root = app.root;
  base_.source_root = app.source_root;
  base_.settings = app.settings;
  auto state = std::make_shared<State>();
  for (const auto& [id, entry] : app.entries) state->entries.emplace(id, std::make_shared<const app::Entry>(entry));
  current_ = state;
  versions_.emplace(0, state);
}

void Registry::add_handler(std::string kind, Handler& handler) { handlers_[std::move(kind)].push_back(&handler); }

StatePtr Registry::state() const {
  const LockGuard lock(mutex_);
  return current_;
}

StatePtr Registry::version(uint64_t number) const {
  const LockGuard lock(mutex_);
  const auto found = versions_.find(number);
  return found == versions_.end() ? nullptr : found->second;
}

std::vector<StatePtr> Registry::versions() const {
  const LockGuard lock(mutex_);
  std::vector<StatePtr> out;
  for (const auto& [number, state] : versions_) out.push_back(state);
  return out;
}

bool Registry::edit(State& next, Operation& operation, Outcome& out) const {
  app::Entry& entry = operation.entry;
  const std::string id = entry.id.text();
  const EntryPtr old = next.find(entry.id);
  if (entry.id.space.empty() || entry.id.name.empty())
    return out = failed(ErrorKind::kInvalid, "entry ID needs a namespace and a name: " + id), false;
  if (operation.type == OperationType::kCreate && old != nullptr)
    return out = failed(ErrorKind::kAlreadyExists, "entry already exists: " + id), false;
  if (operation.type != OperationType::kCreate && old == nullptr)
    return out = failed(ErrorKind::kNotFound, "entry not found: " + id), false;
  if (operation.type == OperationType::kDelete) return next.entries.erase(entry.id), true;
  if (operation.type == OperationType::kUpdate && old->kind != entry.kind) {
    return out = failed(ErrorKind::kInvalid, "the kind of " + id + " cannot change from " + old->kind + " to " +
                                                 entry.kind + ": delete and create it"),
           false;
  }
  entry.origin.file = "registry";
  app::Problems problems;
  app::parse_entry(entry, base_.settings, options_, problems);
  if (problems.any_errors()) return out = failed(ErrorKind::kInvalid, texts_of(problems.take_errors())), false;
  const app::EntryId key = entry.id;
  next.entries[key] = std::make_shared<const app::Entry>(std::move(entry));
  return true;
}

bool Registry::find_handlers(const Transaction& transaction, std::vector<Handler*>& handlers,
                             std::string& error) const {
  const auto add = [&](std::string_view kind) {
    const auto found = handlers_.find(kind);
    if (found == handlers_.end()) return kind == "registry.entry";
    for (Handler* h : found->second) {
      if (std::find(handlers.begin(), handlers.end(), h) == handlers.end()) handlers.push_back(h);
    }
    return true;
  };
  for (const Change& c : transaction.changes) {
    for (const EntryPtr& e : {c.before, c.after}) {
      if (e != nullptr && !add(e->kind))
        return error = c.id.text() + ": entries of kind " + e->kind + " cannot be changed while the application runs",
               false;
    }
    if (service_fields(c.before) != service_fields(c.after) && !add(kServices))
      return error = c.id.text() + ": services cannot be changed while the application runs", false;
  }
  return true;
}

void Registry::publish(StatePtr next) {
  const LockGuard lock(mutex_);
  current_ = next;
  versions_[next->version] = std::move(next);
  if (versions_.size() > kMostVersions) {
    auto oldest = std::next(versions_.begin());  // 0 stays
    if (oldest->second == current_) ++oldest;
    versions_.erase(oldest);
  }
}

Outcome Registry::run_handlers(const Transaction& transaction, const std::vector<Handler*>& handlers, StatePtr next) {
  std::string error;
  ErrorKind kind = ErrorKind::kOk;
  std::size_t prepared = 0;
  while (prepared < handlers.size() && kind == ErrorKind::kOk) {
    const uint64_t began_ns = monotonic_ns();
    if (!handlers[prepared]->prepare(transaction, error)) {
      kind = ErrorKind::kInvalid;
      break;
    }
    ++prepared;
    if (monotonic_ns() - began_ns > kHandlerLimitNs) {
      kind = ErrorKind::kTimeout;
      error = "a handler took longer than 30 s";
    }
  }
  if (kind != ErrorKind::kOk) {
    while (prepared > 0) handlers[--prepared]->rollback(transaction);
    return failed(kind, error);
  }
  publish(std::move(next));
  for (Handler* h : handlers) h->commit(transaction);
  if (committed_) committed_(transaction);
  Outcome out;
  out.version = transaction.version;
  return out;
}

// `number`: the version it becomes. The apply lock is held.
Outcome Registry::commit(std::shared_ptr<State> next, uint64_t number) {
  const StatePtr before = state();
  next->version = number;
  Transaction transaction;
  transaction.version = number;
  transaction.changes = changes_between(*before, *next);
  app::Application whole = base_;
  for (const auto& [id, entry] : next->entries) whole.entries.emplace(id, *entry);
  app::Problems problems;
  app::make_plan(whole, {}, {}, problems);
  if (problems.any_errors()) return failed(ErrorKind::kInvalid, texts_of(problems.take_errors()));
  transaction.next = &whole;
  std::vector<Handler*> handlers;
  std::string error;
  if (!find_handlers(transaction, handlers, error)) return failed(ErrorKind::kInvalid, error);
  return run_handlers(transaction, handlers, std::move(next));
}

Outcome Registry::apply(std::vector<Operation> operations) {
  if (operations.empty()) return failed(ErrorKind::kInvalid, "no changes to apply");
  const LockGuard lock(apply_mutex_);
  const StatePtr before = state();
  auto next = std::make_shared<State>(*before);
  Outcome out;
  for (Operation& operation : operations) {
    if (!edit(*next, operation, out)) return out;
  }
  next->previous = before->version;
  uint64_t number = 0;
  {
    const LockGuard versions(mutex_);
    number = versions_.rbegin()->first + 1;
  }
  return commit(std::move(next), number);
}

Outcome Registry::apply_version(uint64_t number) {
  const LockGuard lock(apply_mutex_);
  const StatePtr target = version(number);
  if (target == nullptr) return failed(ErrorKind::kNotFound, "version not found: " + std::to_string(number));
  return commit(std::make_shared<State>(*target), number);
}

}  // namespace wippy::registry
