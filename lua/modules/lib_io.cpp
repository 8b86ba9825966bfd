// The io module (host.md §8.7): the standard streams, for processes on a terminal host.
#include <cerrno>
#include <cstring>

#include "lua/error_object.hpp"
#include "lua/held.hpp"
#include "lua/library.hpp"
#include "lua/modules/blocking_job.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "runtime/process/host_core.hpp"
#include "runtime/terminal/terminal.hpp"

namespace wippy::lua {

namespace {

// What the process has of the terminal; given back at its end.
struct TerminalUse {
  Terminal* terminal = nullptr;
  std::shared_ptr<Terminal::Read> read;  // the last one that was begun
  int raw = 0;
  TerminalUse() = default;
  ~TerminalUse() {
    if (read != nullptr) terminal->cancel(*read);
    if (raw > 0) terminal->raw(-raw);
  }
};
void fill_use(lua_State* L) { set_function(L, "__gc", collect_held<TerminalUse>); }
const UserType kUseType = {"terminal use", fill_use};

// Null: the process is not on a terminal.
Terminal* terminal_of(lua_State* L) noexcept {
  return context_of(L).host().terminal() ? root_of(L).hooks->terminal : nullptr;
}
int no_terminal(lua_State* L) { return return_error(L, ErrorKind::kUnavailable, "no terminal context"); }

// One per process, kept in the registry; the reference stays valid. [-0, +0, m]
TerminalUse& use_of(lua_State* L, Terminal* terminal) {
  luaL_checkstack(L, 6, nullptr);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kUseType) == LUA_TNIL) {
    lua_pop(L, 1);
    push_held<TerminalUse>(L, kUseType).terminal = terminal;
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kUseType);
  }
  TerminalUse& use = held_at<TerminalUse>(L, -1);
  lua_pop(L, 1);
  return use;
}

int return_errno(lua_State* L, const char* what, int number) {
  if (number == EPIPE) return return_errorf(L, ErrorKind::kUnavailable, "%s: the other end is closed", what);
  return return_errorf(L, ErrorKind::kInternal, "%s: %s", what, std::strerror(number));
}

// [-n, +(1|2), e]
int put(lua_State* L, const char* function, const char* separator, const char* end, bool to_error) {
  Terminal* const terminal = terminal_of(L);
  if (terminal == nullptr) return no_terminal(L);
  const int count = lua_gettop(L);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addstring(&text, separator);
    push_text(L, i, nullptr);
    luaL_addvalue(&text);
  }
  luaL_addstring(&text, end);
  luaL_pushresult(&text);
  std::size_t size = 0;
  const char* const bytes = lua_tolstring(L, -1, &size);
  if (const int error = terminal->write({bytes, size}, to_error); error != 0) return return_errno(L, function, error);
  lua_pushboolean(L, 1);
  return 1;
}

// io.write(...), io.print(...), io.eprint(...) -> true | nil, error [-n, +(1|2), e]
int io_write(lua_State* L) { return put(L, "io.write", "", "", false); }
int io_print(lua_State* L) { return put(L, "io.print", "\t", "\n", false); }
int io_eprint(lua_State* L) { return put(L, "io.eprint", "\t", "\n", true); }

// io.flush() -> true | nil, error. Nothing is held back. [-0, +(1|2), e]
int io_flush(lua_State* L) {
  if (terminal_of(L) == nullptr) return no_terminal(L);
  lua_pushboolean(L, 1);
  return 1;
}

class ReadJob final : public BlockingJob {
 public:
  ReadJob(Terminal& terminal, const std::shared_ptr<Terminal::Read>& read, bool line, std::size_t bytes)
      : terminal_(terminal), read_(read), line_(line), bytes_(bytes) {}
  ~ReadJob() override { terminal_.cancel(*read_); }  // refused by the pool, or done
  void run(JobAnswer& answer) override {
    std::string text;
    switch (terminal_.read(*read_, line_, bytes_, text)) {
      case Terminal::Outcome::kData: answer.ok(1).string(text.data(), text.size()); return;
      case Terminal::Outcome::kEnd: return answer.fail(ErrorKind::kUnknown, "EOF");
      case Terminal::Outcome::kCanceled: return answer.fail(ErrorKind::kCanceled, "the read was canceled");
      case Terminal::Outcome::kFailed: return answer.fail(ErrorKind::kInternal, "the input cannot be read");
    }
  }

 private:
  Terminal& terminal_;
  const std::shared_ptr<Terminal::Read> read_;
  const bool line_;
  const std::size_t bytes_;
};

// [-n, +(1|2), e]
int read_input(lua_State* L, Terminal& terminal, bool line, std::size_t bytes) {
  check_may_block(L);
  TerminalUse& use = use_of(L, &terminal);
  bool begun = false;
  [&]() noexcept {
    if (auto read = terminal.begin_read()) {
      use.read = std::move(read);
      begun = true;
    }
  }();
  if (!begun) return return_error(L, ErrorKind::kConflict, "another read is waiting for input", true);
  BlockingJob* const job = new_job<ReadJob>(terminal, use.read, line, bytes);
  if (job == nullptr) terminal.cancel(*use.read);
  return call_blocking(L, job);
}

// io.read([n]) -> string | nil, error [-1, +(1|2), e]
int io_read(lua_State* L) {
  Terminal* const terminal = terminal_of(L);
  if (terminal == nullptr) return no_terminal(L);
  int whole = 1;
  const lua_Integer n = lua_isnoneornil(L, 1) ? 1024 : lua_tointegerx(L, 1, &whole);
  if (whole == 0 || n < 1 || n > static_cast<lua_Integer>(Terminal::kMostBytes))
    return return_errorf(L, ErrorKind::kInvalid, "io.read: a number of bytes from 1 to %d is required",
                         static_cast<int>(Terminal::kMostBytes));
  return read_input(L, *terminal, false, static_cast<std::size_t>(n));
}

// io.readline() -> string | nil, error [-0, +(1|2), e]
int io_readline(lua_State* L) {
  Terminal* const terminal = terminal_of(L);
  if (terminal == nullptr) return no_terminal(L);
  return read_input(L, *terminal, true, 0);
}

// io.raw(enable) -> true | nil, error [-1, +(1|2), e]
int io_raw(lua_State* L) {
  Terminal* const terminal = terminal_of(L);
  if (terminal == nullptr) return no_terminal(L);
  if (lua_type(L, 1) != LUA_TBOOLEAN) return return_error(L, ErrorKind::kInvalid, "io.raw: true or false is required");
  TerminalUse& use = use_of(L, terminal);
  const int change = lua_toboolean(L, 1) != 0 ? 1 : use.raw > 0 ? -1 : 0;
  if (const int error = terminal->raw(change); error != 0) {
    if (error == ENOTTY) return return_error(L, ErrorKind::kUnavailable, "io.raw: the input is no terminal");
    return return_errno(L, "io.raw", error);
  }
  use.raw += change;
  lua_pushboolean(L, 1);
  return 1;
}

// io.args() -> list; empty without a terminal [-0, +1, e]
int io_args(lua_State* L) {
  lua_newtable(L);
  const Terminal* const terminal = terminal_of(L);
  if (terminal == nullptr) return 1;
  lua_Integer i = 0;
  for (const std::string& arg : terminal->args()) {
    lua_pushlstring(L, arg.data(), arg.size());
    lua_rawseti(L, -2, ++i);
  }
  return 1;
}

}  // namespace

constexpr LibraryEntry kIoLibrary[] = {
    {"write", io_write}, {"print", io_print}, {"eprint", io_eprint}, {"read", io_read},  {"readline", io_readline},
    {"raw", io_raw},     {"flush", io_flush}, {"args", io_args},     {nullptr, nullptr},
};

}  // namespace wippy::lua
