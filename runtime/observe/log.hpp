// Log lines: spdlog behind one narrow door. Asynchronous with a bounded queue that drops its oldest line and counts it, so
// that no worker ever blocks on a terminal; synchronous in simulation. Lines go to stderr; stdout belongs to processes.
//
// Thread-safety: init and shutdown from the main thread, before the first and after the last worker; write from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace wippy::log {

enum class Level : int8_t { kDebug = -1, kInfo = 0, kWarn = 1, kError = 2 };
enum class Encoding : uint8_t { kConsole, kJson };

struct Config {
  bool console = true;  // false: nothing is written
  Encoding encoding = Encoding::kConsole;
  Level min_level = Level::kInfo;
};

struct Field {
  std::string_view key;
  std::string_view value;
  bool is_json = false;  // value is JSON text, shown as such: a number, true, an object; otherwise it is a string
};

void init(const Config& config);
// Writes what is queued. Lines written after it are lost.
void shutdown();
// While on, nothing is written: a process draws on the terminal (terminal.host, hide_logs). Any thread.
void hide(bool on) noexcept;
bool enabled(Level level) noexcept;
// name: who speaks, e.g. the entry id. Copies everything. One record, one line: the console shows control characters but tabs as \n or
// \x1b, and in JSON a field whose key is taken ("level", "pid" twice) becomes "field.<key>".
void write(Level level, std::string_view name, std::string_view message, const Field* fields, std::size_t count);
inline void write(Level level, std::string_view name, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  write(level, name, message, fields.begin(), fields.size());
}
// Lines lost because writers were faster than the terminal.
uint64_t dropped() noexcept;

}  // namespace wippy::log
