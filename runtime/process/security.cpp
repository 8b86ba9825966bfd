#include "runtime/process/security.hpp"

#include <algorithm>

#include "mailbox/values.hpp"
#include "memory/atomic.hpp"

namespace wippy {

namespace {

// Relaxed: a number nobody else has, and nothing more; its partner is itself.
uint64_t next_version() noexcept {
  static Atomic<uint64_t> last{0};
  return last.fetch_add_relaxed(1) + 1;
}

Fact fact_of(const ValueItem& item, std::deque<FactTable>& tables) {
  Fact f;
  switch (item.token) {
    case Token::kFalse:
    case Token::kTrue:
      f.type = Fact::Type::kBool;
      f.boolean = item.token == Token::kTrue;
      break;
    case Token::kInteger:
    case Token::kDuration:
      f.type = Fact::Type::kInteger;
      f.integer = item.integer;
      break;
    case Token::kNumber:
      f.type = Fact::Type::kNumber;
      f.number = item.number;
      break;
    case Token::kString:
    case Token::kError:
      f.type = Fact::Type::kText;
      f.text = item.text;
      break;
    case Token::kTable:
      tables.emplace_back();
      f.type = Fact::Type::kTable;
      f.table = &tables.back();
      break;
    case Token::kTableRef:
      f.type = Fact::Type::kTable;
      f.table = &tables[item.ordinal];
      break;
    default: break;  // nil, times, pids: nothing to compare with
  }
  return f;
}

}  // namespace

FactTree::FactTree(std::string_view encoded) : bytes_(encoded) { read(); }

// Nothing recurses: a stack of the tables that are open. Details of errors are left out.
void FactTree::read() {
  ValueReader reader;
  reader.open_value(bytes_);
  std::vector<FactTable*> open;
  std::string_view key;
  bool key_is_text = false;
  uint32_t errors = 0;
  for (;;) {
    const ValueItem& item = reader.next();
    if (item.token == Token::kEnd) return;
    if (item.token == Token::kInvalid) return tables_.clear();
    if (item.token == Token::kTableEnd) {
      if (errors == 0) open.pop_back();
      if (open.empty() && errors == 0) return;
      continue;
    }
    if (item.token == Token::kErrorEnd) {
      --errors;
      continue;
    }
    if (item.token == Token::kError) ++errors;
    if (errors > (item.token == Token::kError ? 1U : 0U)) {
      if (item.token == Token::kTable) tables_.emplace_back();  // ordinals go on
      continue;
    }
    if (item.role == Role::kKey) {
      key_is_text = item.token == Token::kString;
      key = item.text;
      continue;
    }
    const Fact fact = fact_of(item, tables_);
    if (open.empty() && fact.type != Fact::Type::kTable) return;
    if (item.role == Role::kArrayItem) open.back()->items.push_back(fact);
    if (item.role == Role::kValue && key_is_text) open.back()->members[key] = fact;
    if (item.token == Token::kTable) open.push_back(&tables_.back());
  }
}

Fact FactTree::find(std::string_view path) const noexcept {
  if (tables_.empty()) return {};
  const FactTable* at = &tables_.front();
  for (;;) {
    const std::size_t dot = path.find('.');
    const auto found = at->members.find(path.substr(0, dot));
    if (found == at->members.end()) return {};
    if (dot == std::string_view::npos) return found->second;
    if (found->second.type != Fact::Type::kTable) return {};
    at = found->second.table;
    path.remove_prefix(dot + 1);
  }
}

Actor::Actor(std::string_view id, std::string_view meta) : id_(id), meta_(meta), version_(next_version()) {}

Scope::Scope(std::vector<PolicyPtr> policies) : version_(next_version()) {
  std::stable_sort(policies.begin(), policies.end(),
                   [](const PolicyPtr& a, const PolicyPtr& b) { return a->id() < b->id(); });
  for (PolicyPtr& p : policies) {
    reads_attributes_ = reads_attributes_ || p->reads_attributes();
    if (!policies_.empty() && policies_.back()->id() == p->id()) {
      policies_.back() = std::move(p);
    } else {
      policies_.push_back(std::move(p));
    }
  }
}

Scope::Verdict Scope::judge(const Actor& actor, std::string_view action, std::string_view resource,
                            const Attributes& attributes) const noexcept {
  Verdict v;
  for (const PolicyPtr& p : policies_) {
    const Decision d = p->evaluate(actor, action, resource, attributes);
    if (d == Decision::kDeny) return {d, p.get()};
    if (d == Decision::kAllow) v = {d, p.get()};
  }
  return v;
}

bool Scope::contains(std::string_view id) const noexcept {
  return std::any_of(policies_.begin(), policies_.end(), [&](const PolicyPtr& p) { return p->id() == id; });
}

std::shared_ptr<const Scope> Scope::with(const PolicyPtr& policy) const {
  std::vector<PolicyPtr> all = policies_;
  all.push_back(policy);
  return std::make_shared<const Scope>(std::move(all));
}

std::shared_ptr<const Scope> Scope::without(std::string_view id) const {
  std::vector<PolicyPtr> left;
  for (const PolicyPtr& p : policies_) {
    if (p->id() != id) left.push_back(p);
  }
  return std::make_shared<const Scope>(std::move(left));
}

}  // namespace wippy
