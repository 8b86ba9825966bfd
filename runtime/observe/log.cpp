#include "runtime/observe/log.hpp"

#include "memory/atomic.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/observe/terminal.hpp"
#include "scheduler/clock.hpp"

namespace wippy::log {

namespace {

constexpr std::size_t kQueueLines = 8192;

struct State {
  Config config;
  bool colored = false;  // the console shows the level in colour
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
};
State& state() {
  static State s;
  return s;
}

spdlog::level::level_enum to_spdlog(Level l) noexcept {
  switch (l) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: break;
  }
  return spdlog::level::err;
}

const char* level_name(Level l) noexcept {
  switch (l) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: break;
  }
  return "error";
}

const char* level_color(Level l) noexcept {
  switch (l) {
    case Level::kDebug: return "\x1b[2m";
    case Level::kInfo: return "\x1b[32m";
    case Level::kWarn: return "\x1b[33m";
    case Level::kError: break;
  }
  return "\x1b[31m";
}

// RFC 3339 with milliseconds from the clock seam, so that simulated logs repeat.
std::string timestamp() {
  const uint64_t ns = wall_ns();
  const auto seconds = static_cast<std::time_t>(ns / 1'000'000'000u);
  std::tm t{};
  gmtime_r(&seconds, &t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                     t.tm_min, t.tm_sec, ns / 1'000'000u % 1000u);
}

std::string as_json(Level level, std::string_view name, std::string_view message, const Field* fields,
                    std::size_t count) {
  nlohmann::ordered_json j;
  j["time"] = timestamp();
  j["level"] = level_name(level);
  j["logger"] = name;
  j["message"] = message;
  for (const Field* f = fields; f != fields + count; ++f) {
    std::string key(f->key);
    while (j.contains(key)) key.insert(0, "field.");
    auto& value = j[key];
    if (f->is_json) value = nlohmann::ordered_json::parse(f->value, nullptr, false);
    if (!f->is_json || value.is_discarded()) value = f->value;
  }
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_visible(std::string& line, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\t') {
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else {
      line += fmt::format("\\x{:02x}", byte);
    }
  }
}

std::string as_console(Level level, std::string_view name, std::string_view message, const Field* fields,
                       std::size_t count) {
  const bool colored = state().colored;
  std::string line = fmt::format("{} {}{:<5}{} ", timestamp(), colored ? level_color(level) : "", level_name(level),
                                 colored ? "\x1b[0m" : "");
  append_visible(line, name);
  line += "  ";
  append_visible(line, message);
  for (const Field* f = fields; f != fields + count; ++f) {
    line += "  ";
    append_visible(line, f->key);
    line += '=';
    append_visible(line, f->value);
  }
  return line;
}

Atomic<uint32_t> g_hidden{0};

}  // namespace

void init(const Config& config) {
  State& s = state();
  s.config = config;
  s.colored = config.encoding == Encoding::kConsole && observe::stderr_takes_color();
  if (!config.console) return;
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
#if defined(WIPPY_SIM)
  s.logger = std::make_shared<spdlog::logger>("wippy", sink);
#else
  s.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1u);
  s.logger =
      std::make_shared<spdlog::async_logger>("wippy", sink, s.pool, spdlog::async_overflow_policy::overrun_oldest);
#endif
  s.logger->set_pattern("%v");
  s.logger->set_level(to_spdlog(config.min_level));
  s.logger->flush_on(spdlog::level::err);
}

void shutdown() {
  State& s = state();
  if (s.logger != nullptr) s.logger->flush();
  s.logger.reset();
  s.pool.reset();  // joins its thread after the queue is written
}

bool enabled(Level level) noexcept {
  const State& s = state();
  return s.logger != nullptr && level >= s.config.min_level && g_hidden.load_relaxed() == 0;  // see hide
}

void hide(bool on) noexcept {
  g_hidden.store_relaxed(on ? 1 : 0);  // partner: enabled; publishes nothing
}

void write(Level level, std::string_view name, std::string_view message, const Field* fields, std::size_t count) {
  if (!enabled(level)) return;
  State& s = state();
  s.logger->log(to_spdlog(level), s.config.encoding == Encoding::kJson
                                      ? as_json(level, name, message, fields, count)
                                      : as_console(level, name, message, fields, count));
}

uint64_t dropped() noexcept {
  const State& s = state();
  return s.pool == nullptr ? 0 : s.pool->overrun_counter();
}

}  // namespace wippy::log
