// Who a process acts for, and under which policies (spec/host.md §5). Actors and scopes are immutable, shared by pointer and
// carried by FrameContext; a Boundary is the extra scope of a host. What a policy looks at is runtime/security's business.
//
// Thread-safety: immutable, any thread; PolicySource: any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wippy {

// A value that a condition of a policy looks at. Texts and tables are borrowed from where it was found.
struct FactTable;
struct Fact {
  enum class Type : uint8_t { kMissing, kBool, kInteger, kNumber, kText, kTable };
  Type type = Type::kMissing;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;
  const FactTable* table = nullptr;
};
// Keys 1…n of a script's table or the elements of a list, and the values under texts.
struct FactTable {
  std::vector<Fact> items;
  std::map<std::string_view, Fact> members;
};

// An encoded table (mailbox/values.hpp), opened for conditions: what `actor.meta.<path>` and `meta.<path>` name.
class FactTree {
 public:
  FactTree() = default;
  // Keeps a copy of the bytes. What is no table, or no encoding, is an empty tree.
  explicit FactTree(std::string_view encoded);
  FactTree(const FactTree&) = delete;
  FactTree& operator=(const FactTree&) = delete;
  std::string_view encoded() const noexcept { return bytes_; }
  // `a.b.c` walks nested tables. kMissing: there is nothing.
  Fact find(std::string_view path) const noexcept;

 private:
  void read();
  const std::string bytes_;
  std::deque<FactTable> tables_;  // by ordinal: addresses stay
};

class Actor {
 public:
  // meta: one encoded value of mailbox/values.hpp, a table.
  Actor(std::string_view id, std::string_view meta);
  const std::string& id() const noexcept { return id_; }
  std::string_view meta() const noexcept { return meta_.encoded(); }
  Fact find_meta(std::string_view path) const noexcept { return meta_.find(path); }
  // Of no other actor of this program: for caches of decisions.
  uint64_t version() const noexcept { return version_; }

 private:
  const std::string id_;
  const FactTree meta_;
  const uint64_t version_;
};

enum class Decision : unsigned char { kUndefined, kAllow, kDeny };

// What conditions know beside actor, action and resource: `meta.<path>`.
class Attributes {
 public:
  virtual Fact find(std::string_view path) const noexcept = 0;

 protected:
  ~Attributes() = default;
};
struct NoAttributes final : Attributes {
  Fact find(std::string_view) const noexcept override { return {}; }
};

class Policy {
 public:
  virtual ~Policy() = default;
  const std::string& id() const noexcept { return id_; }
  // kUndefined: it does not apply.
  virtual Decision evaluate(const Actor& actor, std::string_view action, std::string_view resource,
                            const Attributes& attributes) const noexcept = 0;
  // A condition looks at meta.*: the decision may be another one for the same actor, action and resource.
  bool reads_attributes() const noexcept { return reads_attributes_; }

 protected:
  Policy(std::string_view id, bool reads_attributes) : id_(id), reads_attributes_(reads_attributes) {}

 private:
  const std::string id_;
  const bool reads_attributes_;
};
using PolicyPtr = std::shared_ptr<const Policy>;

// A set of policies by id. Any deny wins, then any allow; the order means nothing.
class Scope {
 public:
  Scope() : Scope(std::vector<PolicyPtr>{}) {}
  // Of two with the same id the later one stays.
  explicit Scope(std::vector<PolicyPtr> policies);
  struct Verdict {
    Decision decision = Decision::kUndefined;
    const Policy* by = nullptr;  // one that decided; null: none applied
  };
  Verdict judge(const Actor& actor, std::string_view action, std::string_view resource,
                const Attributes& attributes) const noexcept;
  Decision evaluate(const Actor& actor, std::string_view action, std::string_view resource,
                    const Attributes& attributes = NoAttributes()) const noexcept {
    return judge(actor, action, resource, attributes).decision;
  }
  bool contains(std::string_view id) const noexcept;
  const std::vector<PolicyPtr>& policies() const noexcept { return policies_; }  // by id
  std::shared_ptr<const Scope> with(const PolicyPtr& policy) const;
  std::shared_ptr<const Scope> without(std::string_view id) const;
  bool reads_attributes() const noexcept { return reads_attributes_; }
  // Of no other scope of this program.
  uint64_t version() const noexcept { return version_; }

 private:
  std::vector<PolicyPtr> policies_;
  bool reads_attributes_ = false;
  uint64_t version_;
};

// What a host adds to the checks of its processes (spec/host.md §3.5).
struct Boundary {
  std::shared_ptr<const Actor> actor;  // of processes that have none; null: an anonymous one
  std::shared_ptr<const Scope> scope;
  bool allow_undecided = false;  // `default`: what no policy of it decides
};

// The policies of the application by their ids, for the security module. Results are null when there is none.
class PolicySource {
 public:
  virtual PolicyPtr policy(std::string_view id) const = 0;
  virtual std::shared_ptr<const Scope> named_scope(std::string_view group) const = 0;

 protected:
  ~PolicySource() = default;
};

}  // namespace wippy
