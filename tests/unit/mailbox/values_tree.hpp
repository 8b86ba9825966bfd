// A small reference model of values for the codec's tests: tables and errors live in vectors and are named by index, so
// sharing and cycles are plain. Encoding recurses (the graphs are small); decoding follows the reader's roles.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailbox/values.hpp"

namespace wippy::test {

struct Node {
  Token token = Token::kNil;  // a scalar token, kTable (index names a table) or kError (index names an error)
  std::int64_t integer = 0;
  std::uint64_t bits = 0;  // of a number, compared as bits
  std::string text;
  Pid pid;
  TimeValue time;
  std::uint32_t index = 0;
};

struct TestTable {
  std::vector<Node> items;
  std::vector<std::pair<Node, Node>> pairs;
};

struct TestError {
  ErrorKind kind = ErrorKind::kUnknown;
  Retryable retryable = Retryable::kUnset;
  std::string message;
  std::string stack;
  Node details;
};

struct Graph {
  std::vector<TestTable> tables;
  std::vector<TestError> errors;
  std::vector<Node> roots;
};

class GraphEncoder {
 public:
  GraphEncoder(const Graph& graph, ValueWriter& writer) : graph_(graph), writer_(writer) {}

  void roots() {
    for (const Node& root : graph_.roots) {
      ordinals_.clear();  // sharing never reaches across payloads
      node(root);
    }
  }

 private:
  void node(const Node& n) {
    switch (n.token) {
      case Token::kFalse:
      case Token::kTrue: writer_.boolean(n.token == Token::kTrue); return;
      case Token::kInteger: writer_.integer(n.integer); return;
      case Token::kNumber: writer_.number(std::bit_cast<double>(n.bits)); return;
      case Token::kString: writer_.string(n.text.data(), n.text.size()); return;
      case Token::kPid: writer_.pid(n.pid); return;
      case Token::kTime: writer_.time(n.time); return;
      case Token::kDuration: writer_.duration(n.integer); return;
      case Token::kTable: table(n.index); return;
      case Token::kError: error(graph_.errors[n.index]); return;
      default: writer_.nil(); return;
    }
  }
  void table(std::uint32_t index) {
    if (const auto known = ordinals_.find(index); known != ordinals_.end()) {
      writer_.table_ref(known->second);
      return;
    }
    const TestTable& t = graph_.tables[index];
    ordinals_[index] = writer_.begin_table(static_cast<std::uint32_t>(t.items.size()));
    for (const Node& item : t.items) node(item);
    for (const auto& [key, value] : t.pairs) {
      node(key);
      node(value);
    }
    writer_.end_table();
  }
  void error(const TestError& e) {
    writer_.begin_error(e.kind, e.retryable, e.message, e.stack);
    node(e.details);
    writer_.end_error();
  }

  const Graph& graph_;
  ValueWriter& writer_;
  std::map<std::uint32_t, std::uint32_t> ordinals_;
};

// Builds a graph from an opened reader; nothing if the reader refuses. Also checks role and index of every item against
// what has been built so far: a wrong one gives nothing, too.
class GraphDecoder {
 public:
  explicit GraphDecoder(ValueReader& reader) : reader_(reader) {}

  std::optional<Graph> run() {
    for (;;) {
      const ValueItem& item = reader_.next();
      if (item.token == Token::kInvalid) return std::nullopt;
      if (item.token == Token::kEnd) return open_.empty() ? std::optional(graph_) : std::nullopt;
      if (!take(item)) return std::nullopt;
    }
  }

 private:
  bool take(const ValueItem& item) {
    Node n;
    n.token = item.token;
    switch (item.token) {
      case Token::kInteger:
      case Token::kDuration: n.integer = item.integer; break;
      case Token::kNumber: n.bits = std::bit_cast<std::uint64_t>(item.number); break;
      case Token::kString: n.text = item.text; break;
      case Token::kPid: n.pid = item.pid; break;
      case Token::kTime: n.time = item.time; break;
      case Token::kTable:
        if (item.role == Role::kRoot) first_ = static_cast<std::uint32_t>(graph_.tables.size());
        n.index = static_cast<std::uint32_t>(graph_.tables.size());
        if (item.ordinal + first_ != n.index) return false;
        graph_.tables.emplace_back();
        open_.push_back(n);
        return true;
      case Token::kTableRef:
        n.token = Token::kTable;
        n.index = first_ + item.ordinal;
        break;
      case Token::kError:
        if (item.role == Role::kRoot) first_ = static_cast<std::uint32_t>(graph_.tables.size());
        n.index = static_cast<std::uint32_t>(graph_.errors.size());
        graph_.errors.push_back({item.error_kind, item.retryable, std::string(item.text), std::string(item.stack), {}});
        open_.push_back(n);
        return true;
      case Token::kTableEnd:
      case Token::kErrorEnd:
        if (open_.empty()) return false;
        n = open_.back();
        open_.pop_back();
        if (n.token != (item.token == Token::kTableEnd ? Token::kTable : Token::kError)) return false;
        if (n.token == Token::kTable && n.index != first_ + item.ordinal) return false;
        break;
      default: break;
    }
    return store(item.role, item.index, std::move(n));
  }

  bool store(Role role, std::uint32_t index, Node n) {
    if (role == Role::kRoot) {
      graph_.roots.push_back(std::move(n));
      return open_.empty() && index == graph_.roots.size();
    }
    if (open_.empty()) return false;
    const Node& parent = open_.back();
    if (role == Role::kDetails) {
      if (parent.token != Token::kError) return false;
      graph_.errors[parent.index].details = std::move(n);
      return true;
    }
    if (parent.token != Token::kTable) return false;
    TestTable& t = graph_.tables[parent.index];
    if (role == Role::kArrayItem) {
      t.items.push_back(std::move(n));
      return index == t.items.size();
    }
    if (role == Role::kKey) {
      t.pairs.emplace_back(std::move(n), Node{});
    } else {
      t.pairs.back().second = std::move(n);
    }
    return index == t.pairs.size();
  }

  ValueReader& reader_;
  Graph graph_;
  std::vector<Node> open_;
  std::uint32_t first_ = 0;  // index of the table with ordinal 0
};

// Whether b is a with other indices: equal scalars, and a one-to-one map between the tables reached from each root.
class GraphComparer {
 public:
  GraphComparer(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  bool equal() {
    if (a_.roots.size() != b_.roots.size()) return false;
    for (std::size_t i = 0; i < a_.roots.size(); ++i) {
      forward_.clear();
      backward_.clear();
      todo_.emplace_back(&a_.roots[i], &b_.roots[i]);
      while (!todo_.empty()) {
        const auto [x, y] = todo_.back();
        todo_.pop_back();
        if (!same(*x, *y)) return false;
      }
    }
    return true;
  }

 private:
  bool same(const Node& x, const Node& y) {
    if (x.token != y.token) return false;
    if (x.token == Token::kTable) return same_table(x.index, y.index);
    if (x.token == Token::kError) {
      const TestError& e = a_.errors[x.index];
      const TestError& f = b_.errors[y.index];
      todo_.emplace_back(&e.details, &f.details);
      return e.kind == f.kind && e.retryable == f.retryable && e.message == f.message && e.stack == f.stack;
    }
    return x.integer == y.integer && x.bits == y.bits && x.text == y.text && x.pid == y.pid && x.time == y.time;
  }
  bool same_table(std::uint32_t x, std::uint32_t y) {
    const auto [there, fresh] = forward_.try_emplace(x, y);
    const auto [back, fresh_back] = backward_.try_emplace(y, x);
    if (there->second != y || back->second != x || fresh != fresh_back) return false;
    if (!fresh) return true;
    const TestTable& s = a_.tables[x];
    const TestTable& t = b_.tables[y];
    if (s.items.size() != t.items.size() || s.pairs.size() != t.pairs.size()) return false;
    for (std::size_t i = 0; i < s.items.size(); ++i) todo_.emplace_back(&s.items[i], &t.items[i]);
    for (std::size_t i = 0; i < s.pairs.size(); ++i) {
      todo_.emplace_back(&s.pairs[i].first, &t.pairs[i].first);
      todo_.emplace_back(&s.pairs[i].second, &t.pairs[i].second);
    }
    return true;
  }

  const Graph& a_;
  const Graph& b_;
  std::map<std::uint32_t, std::uint32_t> forward_, backward_;
  std::vector<std::pair<const Node*, const Node*>> todo_;
};

}  // namespace wippy::test
