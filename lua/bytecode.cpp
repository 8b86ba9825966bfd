// A source that plain Lua takes is used as it is. The rest is given to the eraser; which of the two messages about a source
// that neither takes is shown: docs/typed-lua.md.
#include "lua/bytecode.hpp"

#include <new>

#include "lua/state.hpp"
#include "lua/stdlib.hpp"
#include "lua/type_program.hpp"
#include "lua/typed/erase.hpp"

namespace wippy::lua {

namespace {

// Called through C: a refused allocation must not become an exception that crosses liblua's frames.
int append(lua_State*, const void* bytes, std::size_t size, void* out) noexcept {
  try {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

bool is_name_byte(char c) noexcept {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Is the word `string` there with anything but a field of it behind? In comments and texts too, which costs little.
bool may_call_string(std::string_view source) noexcept {
  constexpr std::string_view kWord = "string";
  for (std::size_t at = 0; (at = source.find(kWord, at)) != std::string_view::npos; at += kWord.size()) {
    if (at > 0 && is_name_byte(source[at - 1])) continue;
    const std::size_t next = source.find_first_not_of(" \t\r\n", at + kWord.size());
    if (next == std::string_view::npos) return true;
    if (next == at + kWord.size() && is_name_byte(source[next])) continue;
    if (source[next] != '.' && source[next] != ':') return true;
  }
  return false;
}

class Compiler {
 public:
  Compiler(lua_State* L, std::string_view chunk_name, Bytecode& out, std::string& error_text)
      : L_(L), name_(chunk_name), chunk_("=" + name_), out_(out), error_text_(error_text) {}

  Status run(std::string_view source, Dialect dialect) {
    const typed::Marker marker = dialect == Dialect::kAuto ? typed::marker_of(source) : typed::Marker::kNone;
    if (marker == typed::Marker::kTyped) dialect = Dialect::kTyped;
    if (marker == typed::Marker::kPlain) dialect = Dialect::kPlain;
    const bool binary = source.substr(typed::preamble_bytes(source)).starts_with('\x1b');
    if ((binary || dialect != Dialect::kTyped) && load(source)) return dump(source);
    if (binary || dialect == Dialect::kPlain) return invalid();
    return run_typed(source);
  }

 private:
  // The function is on the stack, or the message in `message_`. A byte order mark and a first line that begins with '#' are
  // skipped, as luaL_loadfile does.
  bool load(std::string_view text) {
    lua_settop(L_, 0);
    text.remove_prefix(typed::preamble_bytes(text));
    if (luaL_loadbufferx(L_, text.data(), text.size(), chunk_.c_str(), "t") == LUA_OK) return true;
    std::size_t length = 0;
    const char* const message = lua_tolstring(L_, -1, &length);
    message_.assign(message != nullptr ? message : "", length);
    lua_settop(L_, 0);
    return false;
  }

  Status dump(std::string_view text) {
    out_.string_operators = string_operators_in(text);
    out_.calls_string = may_call_string(text);
    if (lua_dump(L_, append, &out_.bytes, 0) == 0) return Status();
    return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  }

  Status invalid() {
    error_text_ = message_;
    return Status::error(ErrorKind::kInvalid, "source does not compile");
  }

  std::string place(uint32_t line, uint32_t column) const {
    std::string text = name_ + ":" + std::to_string(line) + ": ";
    if (column != 0) text.insert(text.size() - 1, std::to_string(column) + ":");
    return text;
  }

  Status run_typed(std::string_view source) {
    typed::Erased erased;
    typed::EraseError error;
    if (!typed::erase(source, erased, error)) return refused(source, error);
    if (!load(erased.text)) {
      if (erased.first_form_line != 0) insert_behind_place("after type erasure: ");
      return invalid();
    }
    if (const Status s = dump(erased.text); !s.ok()) return s;
    if (erased.types == nullptr) return Status();
    uint32_t line = 0;
    std::string why;
    out_.types = make_type_program(L_, std::move(*erased.types), line, why);
    if (out_.types != nullptr) return Status();
    message_ = place(line, 0) + "after type erasure: " + why;
    return invalid();
  }

  // Without a typed form before the error, and none at it, it is Lua's own message that helps.
  Status refused(std::string_view source, const typed::EraseError& error) {
    const bool is_typed = error.tag == typed::Tag::kTyped;
    if (!is_typed && error.first_form_line == 0 && !load(source)) {
      const std::string line = ":" + std::to_string(error.line) + ":";
      const std::size_t at = message_.find(line + " ");
      if (at != std::string::npos) message_.insert(at + line.size(), std::to_string(error.column) + ":");
      return invalid();
    }
    message_ = place(error.line, error.column) + (is_typed ? "typed" : "plain") + " Lua syntax: " + error.message;
    if (error.first_form_line != 0 && error.first_form_line != error.line) {
      message_ += " (typed Lua since line " + std::to_string(error.first_form_line) + ")";
    }
    return invalid();
  }

  // "name:12: …"
  void insert_behind_place(std::string_view text) {
    const std::size_t colon = message_.find(": ");
    message_.insert(colon == std::string::npos ? 0 : colon + 2, text);
  }

  lua_State* L_;
  std::string name_;
  std::string chunk_;
  Bytecode& out_;
  std::string& error_text_;
  std::string message_;
};

}  // namespace

Status compile(std::string_view source, std::string_view chunk_name, Bytecode& out, std::string& error_text,
               Dialect dialect) {
  lua_State* const L = luaL_newstate();
  if (L == nullptr) return Status::error(ErrorKind::kUnavailable, "out of memory", true);
  out = Bytecode{};
  const Status result = Compiler(L, chunk_name, out, error_text).run(source, dialect);
  lua_close(L);
  return result;
}

void push_chunk(lua_State* L, const Bytecode& code, const char* chunk_name) {
  add_string_operators(L, code.string_operators);
  if (code.calls_string) make_string_callable(L);
  if (luaL_loadbufferx(L, code.bytes.data(), code.bytes.size(), chunk_name, "b") != LUA_OK) lua_error(L);
}

}  // namespace wippy::lua
