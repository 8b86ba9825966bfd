#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "runtime/app/document.hpp"
#include "runtime/app/line_index.hpp"
#include "runtime/app/tree_builder.hpp"

namespace wippy::app {
namespace {

constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

Position to_position(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

bool indented_with_tab(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return line.substr(0, first).find('\t') != std::string_view::npos;
}

// `<<: *base` (YAML 1.1 merge, which index files in the wild use): members of the base fill in what the map lacks.
void apply_merge_keys(Node& map) {
  const auto merge =
      std::find_if(map.members.begin(), map.members.end(), [](const Member& m) { return m.key == "<<"; });
  if (merge == map.members.end()) return;
  const Node base = std::move(merge->value);
  map.members.erase(merge);
  const auto fill = [&map](const Node& from) {
    for (const Member& member : from.members) {
      if (map.find_member(member.key) == nullptr) map.members.push_back(member);
    }
  };
  if (base.is_map()) fill(base);
  for (const Node& item : base.items) fill(item);
}

void apply_merge_keys_below(Node& node) {
  if (node.is_map()) apply_merge_keys(node);
  for (Node& item : node.items) apply_merge_keys_below(item);
  for (Member& member : node.members) apply_merge_keys_below(member.value);
}

// Builds the first document; limits are reported by throwing the parser's own exception, caught in parse_yaml.
class YamlEvents final : public YAML::EventHandler {
 public:
  YamlEvents(std::string_view text, const LineIndex& lines, TreeBuilder& builder)
      : text_(text), lines_(lines), builder_(builder) {
    builder_.on_finished([this](std::size_t anchor, const Node& node) { anchors_[anchor] = node; });
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = to_position(mark);
    put(mark, std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw YAML::ParserException(mark, "alias refers to a value that contains it");
    put(mark, found->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.position = to_position(mark);
    node.text = value;
    node.content_line = node.position.line;
    if (tag == "?") {
      resolve_plain_scalar(node);
    } else if (tag == "!" || tag == kStringTag) {
      node.type = NodeType::kString;
      check_quoted(mark, node);
    } else {
      throw YAML::ParserException(mark, "tag " + tag + " is not supported");
    }
    put(mark, std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, builder_.open(NodeType::kList, to_position(mark), anchor));
  }
  void OnSequenceEnd() override { check(YAML::Mark(), builder_.close()); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, builder_.open(NodeType::kMap, to_position(mark), anchor));
  }
  void OnMapEnd() override { check(YAML::Mark(), builder_.close()); }

 private:
  static void check(const YAML::Mark& mark, const std::optional<std::string>& failure) {
    if (failure) throw YAML::ParserException(mark, *failure);
  }

  void put(const YAML::Mark& mark, Node node, YAML::anchor_t anchor) {
    if (!builder_.expects_key()) {
      check(mark, builder_.add(std::move(node), anchor));
      return;
    }
    if (node.is_list() || node.is_map()) throw YAML::ParserException(mark, "a map key must be plain text");
    if (anchor != 0) anchors_[anchor] = node;
    check(mark, builder_.add_key(std::move(node.text), node.position));
  }

  // yaml-cpp 0.7 accepts a quoted scalar that the end of the text cuts off; block scalars begin one line later.
  void check_quoted(const YAML::Mark& mark, Node& node) const {
    // mark.pos counts differently after a byte-order mark; line and column do not.
    const std::size_t offset = lines_.offset(mark.line + 1) + static_cast<std::size_t>(mark.column);
    if (offset >= text_.size()) return;
    const char first = text_[offset];
    if (first == '|' || first == '>') node.content_line += 1;
    if (first != '"' && first != '\'') return;
    for (std::size_t i = offset + 1; i < text_.size(); ++i) {
      if (first == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == first) {
        if (first == '"' || i + 1 >= text_.size() || text_[i + 1] != '\'') return;
        ++i;
      }
    }
    throw YAML::ParserException(mark, "the quoted text is not closed");
  }

  std::string_view text_;
  const LineIndex& lines_;
  TreeBuilder& builder_;
  std::map<std::size_t, Node> anchors_;
};

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(nlohmann::json(std::string(text)).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

// Events of documents after the first are dropped; that there are any is a fault of its own.
class IgnoredEvents final : public YAML::EventHandler {
 public:
  YAML::Mark start;
  void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

Fault to_fault(const LineIndex& lines, const YAML::Exception& error) {
  Fault fault;
  if (!error.mark.is_null()) fault.position = to_position(error.mark);
  fault.message = "YAML syntax: " + error.msg;
  if (error.msg == "bad file") fault.message = "YAML syntax: nested too deeply";
  if (indented_with_tab(lines.line(fault.position.line))) fault.hint = "indented with a tab, use spaces";
  return fault;
}

}  // namespace

Document parse_yaml(std::string_view text, const DocumentLimits& limits) {
  Document document;
  if (!is_utf8(text)) {
    document.syntax = Fault{{1, 1}, "the file is not valid UTF-8", ""};
    return document;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const LineIndex lines(text);
  TreeBuilder builder(limits, document.faults);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlEvents events(text, lines, builder);
    parser.HandleNextDocument(events);
    document.root = builder.take_root();
    apply_merge_keys_below(document.root);
    IgnoredEvents rest;
    if (parser.HandleNextDocument(rest)) {
      document.faults.push_back({to_position(rest.start), "content after the end of the first document",
                                 "one file holds one document; check the indentation"});
    }
  } catch (const YAML::Exception& error) {
    document.syntax = to_fault(lines, error);
  } catch (const std::exception& error) {
    document.syntax = Fault{{}, std::string("YAML: ") + error.what(), ""};
  }
  return document;
}

}  // namespace wippy::app
