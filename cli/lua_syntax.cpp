#include "cli/lua_syntax.hpp"

#include <charconv>
#include <string>

namespace wippy::cli {
namespace {

constexpr const char* kSyntaxKey = "syntax";

// "LINE:" or "LINE:COLUMN:" at the front of `text`, taken off.
int take_number(std::string_view& text) {
  int number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || stop == text.data() + text.size() || *stop != ':') return 0;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return number;
}

// lua::compile's messages read "?:LINE: what is wrong" or "?:LINE:COLUMN: what is wrong", "?" being the chunk's name.
app::SyntaxError parse_message(std::string_view message) {
  app::SyntaxError error;
  constexpr std::string_view kPrefix = "?:";
  std::string_view rest = message;
  if (rest.starts_with(kPrefix)) {
    rest.remove_prefix(kPrefix.size());
    error.line = take_number(rest);
    error.column = take_number(rest);
    if (rest.starts_with(' ')) message = rest.substr(1);
  }
  error.message = message;
  return error;
}

}  // namespace

lua::Dialect dialect_of(const app::Entry& entry) {
  const app::Node* const syntax = entry.meta.find(kSyntaxKey);
  if (syntax == nullptr) return lua::Dialect::kAuto;
  if (syntax->text == "typed") return lua::Dialect::kTyped;
  return syntax->text == "plain" ? lua::Dialect::kPlain : lua::Dialect::kAuto;
}

std::optional<app::SyntaxError> check_lua_syntax(const app::Entry& entry, std::string_view source) {
  const app::Node* const syntax = entry.meta.find(kSyntaxKey);
  if (syntax != nullptr && dialect_of(entry) == lua::Dialect::kAuto)
    return app::SyntaxError{1, "meta.syntax: expected typed or plain, got \"" + syntax->text + "\""};
  lua::Bytecode bytecode;
  std::string message;
  const Status status = lua::compile(source, "?", bytecode, message, dialect_of(entry));
  if (status.ok()) return std::nullopt;
  return parse_message(message.empty() ? status.message : message);
}

}  // namespace wippy::cli
