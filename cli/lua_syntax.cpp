#include "cli/lua_syntax.hpp"

#include <charconv>
#include <memory>

#include <lua5.4/lua.hpp>

namespace wippy::cli {
namespace {

// The chunk is named "=?", so messages read "?:LINE: what is wrong".
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
  const std::unique_ptr<lua_State, decltype(&lua_close)> state(luaL_newstate(), &lua_close);
  if (state == nullptr) return app::SyntaxError{1, "not enough memory to check the syntax"};
  if (luaL_loadbufferx(state.get(), source.data(), source.size(), "=?", "t") == LUA_OK) return std::nullopt;
  std::size_t length = 0;
  const char* message = lua_tolstring(state.get(), -1, &length);
  return parse_message(message == nullptr ? std::string_view("cannot be compiled") : std::string_view(message, length));
}

}  // namespace wippy::cli
