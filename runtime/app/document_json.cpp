#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/app/document.hpp"
#include "runtime/app/line_index.hpp"
#include "runtime/app/tree_builder.hpp"

namespace wippy::app {
namespace {

// nlohmann-json reports no places, so the reader feeds it through an iterator that notes how far it has been read:
// when an event arrives, the token just read ends there.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  [[maybe_unused]] friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** reached_;
};

class JsonEvents {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  JsonEvents(std::string_view text, TreeBuilder& builder)
      : text_(text), lines_(text), builder_(builder), reached_(text.data()) {}

  CountingIterator begin() { return {text_.data(), &reached_}; }
  CountingIterator end() { return {text_.data() + text_.size(), &reached_}; }
  const std::optional<Fault>& failure() const { return failure_; }

  bool null() { return plain(); }
  bool boolean(bool) { return plain(); }
  bool number_integer(number_integer_t) { return plain(); }
  bool number_unsigned(number_unsigned_t) { return plain(); }
  bool number_float(number_float_t, const string_t&) { return plain(); }
  bool string(string_t& value) {
    Node node;
    node.type = NodeType::kString;
    node.position = lines_.position(quote_start());
    node.content_line = node.position.line;
    node.text = std::move(value);
    return check(builder_.add(std::move(node)));
  }
  bool binary(binary_t&) { return check("binary values do not exist in JSON text"); }
  bool start_object(std::size_t) { return check(builder_.open(NodeType::kMap, bracket())); }
  bool end_object() { return check(builder_.close()); }
  bool start_array(std::size_t) { return check(builder_.open(NodeType::kList, bracket())); }
  bool end_array() { return check(builder_.close()); }
  bool key(string_t& value) { return check(builder_.add_key(std::move(value), lines_.position(quote_start()))); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) {
    std::string message = error.what();
    const std::size_t detail = message.find(": ");
    if (detail != std::string::npos) message.erase(0, detail + 2);
    failure_ = Fault{lines_.position(byte == 0 ? 0 : byte - 1), "JSON syntax: " + message, ""};
    return false;
  }

 private:
  std::size_t reached() const { return static_cast<std::size_t>(reached_ - text_.data()); }
  Position bracket() const { return lines_.position(reached() - 1); }

  // The string just read ends at reached(); inside it every quote has an odd number of backslashes before it.
  std::size_t quote_start() const {
    for (std::size_t i = reached() - 1; i-- > 0;) {
      if (text_[i] != '"') continue;
      std::size_t slashes = 0;
      while (slashes < i && text_[i - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return i;
    }
    return 0;
  }

  // A number, true, false or null. A number may have been read one character too far.
  bool plain() {
    constexpr std::string_view kTokenBytes = "+-.0123456789eEabcdfrlnstu";
    const std::size_t last = text_.find_last_of(kTokenBytes, reached() - 1);
    const std::size_t before = text_.find_last_not_of(kTokenBytes, last);
    const std::size_t first = before == std::string_view::npos ? 0 : before + 1;
    Node node;
    node.position = lines_.position(first);
    node.content_line = node.position.line;
    node.text = text_.substr(first, last + 1 - first);
    resolve_plain_scalar(node);
    return check(builder_.add(std::move(node)));
  }

  bool check(const std::optional<std::string>& failure) {
    if (failure) failure_ = Fault{lines_.position(reached()), "JSON: " + *failure, ""};
    return !failure;
  }

  std::string_view text_;
  LineIndex lines_;
  TreeBuilder& builder_;
  const char* reached_;
  std::optional<Fault> failure_;
};

}  // namespace

Document parse_json(std::string_view text, const DocumentLimits& limits) {
  Document document;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return document;
  TreeBuilder builder(limits, document.faults);
  JsonEvents events(text, builder);
  nlohmann::json::sax_parse(events.begin(), events.end(), &events);
  document.syntax = events.failure();
  if (!document.syntax) document.root = builder.take_root();
  return document;
}

}  // namespace wippy::app
