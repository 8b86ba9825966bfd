#include "cli/lua_registry.hpp"

#include <utility>

#include "mailbox/values.hpp"
#include "runtime/app/node_values.hpp"
#include "runtime/registry/criteria.hpp"

namespace wippy::cli {

namespace {

void write_text(ValueWriter& w, std::string_view text) { w.string(text.data(), text.size()); }

std::string encode(const app::Entry& entry) {
  ValueWriter w;
  w.reset();
  w.begin_table(0);
  write_text(w, "id");
  write_text(w, entry.id.text());
  write_text(w, "kind");
  write_text(w, entry.kind);
  write_text(w, "meta");
  app::write_node(w, entry.meta);
  write_text(w, "data");
  app::write_node(w, entry.data);
  w.end_table();
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

class View final : public lua::RegistryView {
 public:
  explicit View(registry::StatePtr state) : state_(std::move(state)) {}
  uint64_t version() const override { return state_->version; }
  uint64_t previous() const override { return state_->previous; }
  std::string entry(std::string_view id) const override {
    const registry::EntryPtr found = state_->find(app::EntryId::parse(id));
    return found == nullptr ? std::string() : encode(*found);
  }
  Status find(std::string_view criteria, std::vector<std::string>& ids, std::vector<std::string>& warnings,
              std::string& error_text) const override {
    ValueReader r;
    r.open_value(criteria);
    app::Node node;
    registry::Criteria tests;
    if (!app::read_node(r, node, error_text) || !tests.parse(node, warnings, error_text))
      return Status::error(ErrorKind::kInvalid, "bad criteria");
    for (const auto& [id, entry] : state_->entries) {
      if (tests.match(*entry)) ids.push_back(id.text());
    }
    return Status::good();
  }

 private:
  registry::StatePtr state_;
};

lua::RegistryViewPtr view_of(registry::StatePtr state) {
  return state == nullptr ? nullptr : std::make_shared<View>(std::move(state));
}

// "ns:name", or {ns, name} by position or by key.
bool read_id(const app::Node* node, app::EntryId& id, std::string& error) {
  if (node != nullptr && node->is_text()) return id = app::EntryId::parse(node->text), true;
  const app::Node* space = nullptr;
  const app::Node* name = nullptr;
  if (node != nullptr && node->is_map()) {
    space = node->find("ns");
    name = node->find("name");
  } else if (node != nullptr && node->is_list() && node->items.size() == 2) {
    space = &node->items[0];
    name = &node->items[1];
  }
  if (space == nullptr || name == nullptr || !space->is_text() || !name->is_text())
    return error = "id: expected \"namespace:name\" or {ns, name}", false;
  return id = {space->text, name->text}, true;
}

bool read_map(const app::Node& entry, const char* key, app::Node& out, std::string& error) {
  out.type = app::NodeType::kMap;
  const app::Node* const node = entry.find(key);
  if (node == nullptr || node->is_null() || (node->is_list() && node->items.empty())) return true;
  if (!node->is_map()) return error = std::string(key) + ": expected a table with text keys", false;
  out = *node;
  return true;
}

bool read_operation(const app::Node& node, registry::Operation& out, std::string& error) {
  const app::Node* const op = node.find("op");
  const app::Node* const entry = node.find("entry");
  if (op == nullptr || entry == nullptr) return error = "an operation is {op, entry}", false;
  if (op->text == "delete") {
    out.type = registry::OperationType::kDelete;
    return read_id(entry, out.entry.id, error);
  }
  out.type = op->text == "update" ? registry::OperationType::kUpdate : registry::OperationType::kCreate;
  if (!entry->is_map()) return error = "an entry is a table {id, kind, meta, data}", false;
  if (!read_id(entry->find("id"), out.entry.id, error)) return false;
  const app::Node* const kind = entry->find("kind");
  if (kind == nullptr || !kind->is_text() || kind->text.empty())
    return error = out.entry.id.text() + ": kind: text expected", false;
  out.entry.kind = kind->text;
  if (read_map(*entry, "meta", out.entry.meta, error) && read_map(*entry, "data", out.entry.data, error)) return true;
  error = out.entry.id.text() + ": " + error;
  return false;
}

Status answer(registry::Outcome outcome, uint64_t& version, std::string& error_text) {
  version = outcome.version;
  error_text = std::move(outcome.text);
  return outcome.status;
}

}  // namespace

lua::RegistryViewPtr LuaRegistry::current() { return view_of(registry_.state()); }
lua::RegistryViewPtr LuaRegistry::version(uint64_t number) { return view_of(registry_.version(number)); }

std::vector<lua::RegistryViewPtr> LuaRegistry::versions() {
  std::vector<lua::RegistryViewPtr> out;
  for (registry::StatePtr& state : registry_.versions()) out.push_back(view_of(std::move(state)));
  return out;
}

Status LuaRegistry::apply(std::string_view operations, uint64_t& version, std::string& error_text) {
  ValueReader r;
  r.open_value(operations);
  app::Node list;
  std::vector<registry::Operation> parsed;
  if (!app::read_node(r, list, error_text)) return Status::error(ErrorKind::kInvalid, "bad operations");
  for (const app::Node& node : list.items) {
    if (!read_operation(node, parsed.emplace_back(), error_text))
      return Status::error(ErrorKind::kInvalid, "bad operation");
  }
  return answer(registry_.apply(std::move(parsed)), version, error_text);
}

Status LuaRegistry::apply_version(uint64_t number, uint64_t& version, std::string& error_text) {
  return answer(registry_.apply_version(number), version, error_text);
}

}  // namespace wippy::cli
