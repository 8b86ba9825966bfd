#include "cli/lua_syntax.hpp"

#include <charconv>
#include <string>

#include "lua/bytecode.hpp"

namespace wippy::cli {
namespace {

// Lua's messages read "?:LINE: what is wrong", "?" being the chunk's name.
app::SyntaxError parse_message(std::string_view message) {
  app::SyntaxError error;
  constexpr std::string_view kPrefix = "?:";
  const std::size_t end = message.find(": ", kPrefix.size());
  if (message.starts_with(kPrefix) && end != std::string_view::npos) {
    const auto [stop, failure] = std::from_chars(message.data() + kPrefix.size(), message.data() + end, error.line);
    if (failure == std::errc() && stop == message.data() + end) message.remove_prefix(end + 2);
  }
  error.message = message;
  return error;
}

}  // namespace

std::optional<app::SyntaxError> check_lua_syntax(const app::Entry&, std::string_view source) {
  lua::Bytecode bytecode;
  std::string message;
  const Status status = lua::compile(source, "?", bytecode, message);
  if (status.ok()) return std::nullopt;
  return parse_message(message.empty() ? status.message : message);
}

}  // namespace wippy::cli
