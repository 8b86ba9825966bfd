// FrameContext: what a process inherits from its spawner and gives on to its children (spec/process.md §1.15): context
// values, security actor and scope. Immutable, shared by pointer, so inheriting costs a reference; a process without one
// has a null pointer. It belongs to the process, not to the machine: an upgrade keeps it.
//
// Thread-safety: any thread may read what it has a FramePtr to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/process/context.hpp"

namespace wippy {

// runtime/process/security.hpp; opaque here.
class Actor;
class Scope;

class FrameContext {
 public:
  // Keys and values together. They lie outside the memory that a process is charged for.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  // The encoded value (mailbox/values.hpp) under `key`; empty: there is none. Borrowed from the frame.
  std::string_view find(std::string_view key) const noexcept;
  // fn(key, encoded value), by key.
  template <class F>
  void each(F&& fn) const {
    std::string_view rest = values_;
    for (std::string_view key, value; take(rest, key, value);) fn(key, value);
  }
  bool empty() const noexcept { return values_.empty(); }
  // It says something to permission checks.
  bool guarded() const noexcept { return actor_ != nullptr || scope_ != nullptr; }
  const std::shared_ptr<const Actor>& actor() const noexcept { return actor_; }
  const std::shared_ptr<const Scope>& scope() const noexcept { return scope_; }

 private:
  friend class FrameBuilder;
  static bool take(std::string_view& rest, std::string_view& key, std::string_view& value) noexcept;

  std::string values_;  // by key: length of the key, length of the value (four bytes each), both texts
  std::shared_ptr<const Actor> actor_;
  std::shared_ptr<const Scope> scope_;
};

// One owner. Copies what it is given.
class FrameBuilder {
 public:
  // Starts with what is in `base`, which may be null.
  explicit FrameBuilder(const FramePtr& base);
  // `encoded`: one value of mailbox/values.hpp. The later one wins.
  void set(std::string_view key, std::string_view encoded);
  void set_actor(std::shared_ptr<const Actor> actor) noexcept { actor_ = std::move(actor); }
  void set_scope(std::shared_ptr<const Scope> scope) noexcept { scope_ = std::move(scope); }
  // INVALID: more than FrameContext::kMostBytes.
  Status build(FramePtr& out) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::shared_ptr<const Actor> actor_;
  std::shared_ptr<const Scope> scope_;
};

}  // namespace wippy
