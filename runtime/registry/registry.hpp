// Registry: the entries of a running application, as immutable versions (host.md §9.3, §9.4). Version 0 is what was loaded.
//
// A transaction is checked as a whole, like an application that is loaded: kinds, fields, references, cycles. Then the handlers of
// the kinds it touches prepare; when all have, it is published and they commit; else those that had prepared roll back and
// nothing has happened. In memory only. Thread-safety: any thread; applies are serialised and may take a while (they compile),
// hence not on a worker. Reading takes a lock for the time of copying a pointer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "memory/mutex.hpp"
#include "memory/status.hpp"
#include "runtime/app/application.hpp"

namespace wippy::registry {

using EntryPtr = std::shared_ptr<const app::Entry>;

struct State {
  uint64_t version = 0;
  uint64_t previous = 0;  // the one it was made from
  std::map<app::EntryId, EntryPtr> entries;

  EntryPtr find(const app::EntryId& id) const;
};
using StatePtr = std::shared_ptr<const State>;

enum class OperationType : uint8_t { kCreate, kUpdate, kDelete };
struct Operation {
  OperationType type = OperationType::kCreate;
  app::Entry entry;  // id, kind, meta and data; kDelete: the id alone
};

// What a transaction does to one entry, all its operations taken together.
struct Change {
  app::EntryId id;
  EntryPtr before;  // null: created
  EntryPtr after;   // null: deleted
};
struct Transaction {
  uint64_t version = 0;
  std::vector<Change> changes;             // by id
  const app::Application* next = nullptr;  // the whole application afterwards, with its services; valid during the call
};

// What makes something of entries. Called by one transaction at a time.
class Handler {
 public:
  // False: `error` says why not; nothing may have changed. Limit: kHandlerLimitNs.
  virtual bool prepare(const Transaction& transaction, std::string& error) = 0;
  // After prepare: exactly one of them.
  virtual void commit(const Transaction& transaction) noexcept = 0;
  virtual void rollback(const Transaction& transaction) noexcept = 0;

 protected:
  ~Handler() = default;
};

inline constexpr uint64_t kHandlerLimitNs = 30'000'000'000;
inline constexpr std::size_t kMostVersions = 1'000;  // older ones are forgotten; 0 is kept
// The handler name of what lifecycle, host and input of processes and services ask for.
inline constexpr std::string_view kServices = "lifecycle";

struct Outcome {
  Status status;
  std::string text;  // more than status.message, when not empty
  uint64_t version = 0;
};

class Registry {
 public:
  // `options`: for entries that come later; what it refers to outlives the registry.
  Registry(const app::Application& app, app::LoadOptions options);

  // `kind`: whole, or kServices. A kind without any handler cannot change, except registry.entry. Before the first apply.
  void add_handler(std::string kind, Handler& handler);
  // Called after each commit, on the thread that applied. Before the first apply.
  void on_commit(std::function<void(const Transaction&)> callback) { committed_ = std::move(callback); }

  StatePtr state() const;
  StatePtr version(uint64_t number) const;  // null: not known, or forgotten
  std::vector<StatePtr> versions() const;   // oldest first

  Outcome apply(std::vector<Operation> operations);
  // Back or forward to the entries of that version, which then is the current one.
  Outcome apply_version(uint64_t number);

 private:
  bool edit(State& next, Operation& operation, Outcome& out) const;
  Outcome commit(std::shared_ptr<State> next, uint64_t number);
  bool find_handlers(const Transaction& transaction, std::vector<Handler*>& handlers, std::string& error) const;
  Outcome run_handlers(const Transaction& transaction, const std::vector<Handler*>& handlers, StatePtr next);
  void publish(StatePtr next);

  const app::LoadOptions options_;
  app::Application base_;  // all but its entries
  std::map<std::string, std::vector<Handler*>, std::less<>> handlers_;
  std::function<void(const Transaction&)> committed_;
  Mutex apply_mutex_;
  mutable Mutex mutex_;  // guards what follows
  StatePtr current_;
  std::map<uint64_t, StatePtr> versions_;
};

}  // namespace wippy::registry
