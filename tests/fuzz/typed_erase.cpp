// The eraser of typed Lua against arbitrary text. What it accepts: as long as before but for reified declarations, newlines where
// they were, every other byte the input's or a blank (or the one semicolon of a span), and nothing left to erase. What it refuses
// has a place inside the text.
// libs: wippy_lua_typed
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lua/typed/erase.hpp"

namespace {

using namespace wippy::lua::typed;

void check(bool condition) {
  if (!condition) std::abort();
}

bool is_newline(char c) { return c == '\n' || c == '\r'; }

void check_bytes(std::string_view in, std::string_view out) {
  check(in.size() == out.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == out[i]) continue;
    check(out[i] == ' ' || out[i] == ';');
    check(!is_newline(in[i]) && (in[i] != '\t' || out[i] == ';'));
  }
}

std::string newlines(std::string_view text) {
  std::string all;
  for (const char c : text) {
    if (is_newline(c)) all += c;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  marker_of(text);
  Erased out;
  EraseError error;
  if (!erase(text, out, error)) {
    check(!error.message.empty());
    check(error.line >= 1 && error.line <= newlines(text).size() + 1);
    check(error.column >= 1 && error.column <= size + 1);
    return 0;
  }
  check(newlines(text) == newlines(out.text));
  if (out.types == nullptr) check_bytes(text, out.text);
  if (out.first_form_line == 0) check(out.text == text);
  Erased again;
  check(erase(out.text, again, error));
  check(again.text == out.text);
  check(again.first_form_line == 0);
  return 0;
}
