#include "runtime/app/index_file.hpp"

#include <algorithm>
#include <utility>

#include "runtime/app/document.hpp"

namespace wippy::app {
namespace {

constexpr std::string_view kVersion = "1.0";

bool is_namespace(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool is_entry_key(std::string_view key) { return key == "name" || key == "kind" || key == "meta" || key == "data"; }
bool is_file_key(std::string_view key) { return key == "version" || key == "namespace"; }

// Reads the entries of one document.
class IndexReader {
 public:
  IndexReader(const std::filesystem::path& path, const ProjectPaths& paths, Problems& problems, IndexResult& out)
      : directory_(path.parent_path()),
        paths_(paths),
        problems_(problems),
        out_(out),
        shown_(shown_path(path, paths.root)) {}

  void read(const Node& root) {
    FieldReader file(root, "", {&problems_, shown_, "", {1, 1}});
    check_version(file);
    space_ = file.required_text("namespace").value_or("");
    if (!space_.empty() && !is_namespace(space_)) {
      file.error("namespace", "expected letters, digits, '_', '-' and '.', got \"" + space_ + "\"");
    }
    const Node* entries = root.find("entries");
    if (entries == nullptr && (root.find("name") != nullptr || root.find("kind") != nullptr)) {
      Node single = root;
      std::erase_if(single.members, [](const Member& member) { return is_file_key(member.key); });
      read_entry(single, -1);
      return;
    }
    if (const Node* meta = file.find("meta")) {
      if (!meta->is_map()) file.wrong_type(*meta, "meta", "a map");
      if (meta->is_map()) file_meta_ = *meta;
    }
    if (entries == nullptr) {
      problems_.error({shown_, root.position, "", "", "has a namespace but neither entries nor name and kind", ""});
      return;
    }
    read_entries(*entries);
    static_cast<void>(file.find("entries"));
    for (const char* single : {"name", "kind"}) static_cast<void>(file.find(single));  // both forms: the list wins
    file.finish();
  }

 private:
  void check_version(FieldReader& file) {
    const Node* version = file.find("version");
    if (version == nullptr || version->text == kVersion) return;
    file.error("version", "unknown version " + describe(*version) + ", accepted: \"" + std::string(kVersion) + "\"");
  }

  void read_entries(const Node& entries) {
    if (entries.is_null()) return;
    if (!entries.is_list()) {
      problems_.error({shown_, entries.position, "", "entries", "expected a list, got " + describe(entries), ""});
      return;
    }
    for (std::size_t i = 0; i < entries.items.size(); ++i) {
      const Node& item = entries.items[i];
      if (item.is_map()) {
        read_entry(item, static_cast<int>(i));
      } else {
        const std::string subject = "entries[" + std::to_string(i) + "]";
        problems_.error({shown_, item.position, "entry " + subject, "", "expected a map, got " + describe(item), ""});
      }
    }
  }

  void read_entry(const Node& node, int index) {
    const std::string place = index < 0 ? "the only entry" : "entries[" + std::to_string(index) + "]";
    FieldReader fields(node, "", {&problems_, shown_, "entry " + place, node.position});
    const std::optional<std::string> name = read_word(fields, "name", "");
    Entry entry;
    entry.id = {space_, name.value_or("")};
    entry.origin = {shown_, node.position, index};
    const Site site{&problems_, shown_, name ? entry_subject(entry.id) : "entry " + place, node.position};
    FieldReader named(node, "", site);
    const std::optional<std::string> kind = read_word(named, "kind", " (" + place + ")");
    entry.meta = read_meta(named);
    entry.data = read_data(node);
    FileValues values(paths_, directory_, site);
    values.resolve(entry.meta, "meta");
    values.resolve(entry.data, "");
    if (!name || !kind || space_.empty()) {
      if (name) out_.broken.insert(entry.id);
      return;
    }
    entry.kind = *kind;
    entry.kind_position = node.find("kind")->position;
    out_.entries.push_back(std::move(entry));
  }

  std::optional<std::string> read_word(FieldReader& fields, std::string_view key, const std::string& place) {
    const Node* node = fields.find(key);
    if (node != nullptr && !node->is_text()) {
      fields.wrong_type(*node, std::string(key), "text");
      return std::nullopt;
    }
    if (node != nullptr && !FieldReader::is_blank(node->text)) return node->text;
    fields.error(key, std::string(key) + (node == nullptr ? " is missing" : " is empty") + place);
    return std::nullopt;
  }

  // The file's meta lies beneath the entry's own.
  Node read_meta(FieldReader& fields) {
    Node meta;
    meta.type = NodeType::kMap;
    if (const Node* own = fields.find("meta")) {
      if (own->is_map()) meta = *own;
      if (!own->is_map()) fields.wrong_type(*own, "meta", "a map");
    }
    for (const Member& member : file_meta_.members) {
      if (meta.find_member(member.key) == nullptr) meta.members.push_back(member);
    }
    return meta;
  }

  static Node read_data(const Node& node) {
    if (const Node* data = node.find("data")) return *data;
    Node data;
    data.type = NodeType::kMap;
    data.position = node.position;
    for (const Member& member : node.members) {
      if (!is_entry_key(member.key)) data.members.push_back(member);
    }
    return data;
  }

  std::filesystem::path directory_;
  const ProjectPaths& paths_;
  Problems& problems_;
  IndexResult& out_;
  std::string shown_;
  std::string space_;
  Node file_meta_;
};

}  // namespace

std::string entry_subject(const EntryId& id) { return "entry " + id.text(); }

void read_index_file(const std::filesystem::path& path, const ProjectPaths& paths, Problems& problems,
                     IndexResult& out) {
  const std::string shown = shown_path(path, paths.root);
  const FileText file = read_file(path);
  if (!file.error.empty()) return problems.error({shown, {}, "", "", file.error, ""});
  const Document document = path.extension() == ".json" ? parse_json(file.text) : parse_yaml(file.text);
  if (document.syntax) {
    return problems.error({shown, document.syntax->position, "", "", document.syntax->message, document.syntax->hint});
  }
  if (!document.root.is_map() || document.root.find("namespace") == nullptr) return;
  for (const Fault& fault : document.faults) problems.error({shown, fault.position, "", "", fault.message, fault.hint});
  IndexReader(path, paths, problems, out).read(document.root);
}

}  // namespace wippy::app
