// top: a live table of a node's processes.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/inspect/client.hpp"
#include "cli/inspect/table.hpp"
#include "cli/inspect/view.hpp"
#include "cli/outcome.hpp"
#include "runtime/observe/terminal.hpp"
#include "runtime/terminal/raw_mode.hpp"
#include "scheduler/clock.hpp"

namespace wippy::cli {

namespace {

constexpr const char* kHelp =
    "s sort by the next key   / filter   up, down choose   c cancel   t terminate   space pause   r now   q quit";
constexpr uint64_t kMs = 1'000'000;

struct Size {
  std::size_t rows = 24, columns = 80;
};
Size terminal_size() {
  winsize w{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 || w.ws_col == 0) return {};
  return {w.ws_row, w.ws_col};
}

class Top {
 public:
  Top(NodeClient& node, const TopArguments& arguments)
      : node_(node), arguments_(arguments), keys_(sort_keys()), color_(observe::stderr_takes_color()) {
    const auto at = std::find(keys_.begin(), keys_.end(), arguments.sort);
    if (at != keys_.end()) sort_ = static_cast<std::size_t>(at - keys_.begin());
    filter_ = arguments.filter;
  }

  // One frame of plain text.
  bool print_once(std::ostream& out, std::string& error) {
    if (!refresh(50, error)) return false;
    for (const std::string& line : frame({1000, 0})) out << line << '\n';
    return true;
  }
  // Until q, the end of the node or an error, which is not empty then.
  void run(std::string& error);

 private:
  bool refresh(std::size_t rows, std::string& error) {
    const uint64_t begun_ns = monotonic_ns();
    const bool good = node_.ask(
        {{"do", "ps"}, {"sort", keys_[sort_]}, {"limit", rows}, {"filter", filter_}, {"host", arguments_.host}},
        answer_, error);
    refresh_ms_ = static_cast<double>(monotonic_ns() - begun_ns) / 1e6;
    return good;
  }
  std::vector<std::string> frame(Size size);
  void draw(Size size);
  bool handle(const std::string& keys, std::string& error);
  bool handle_one(char key, std::string& error);
  void type_filter(char key);
  void act(const char* what);
  std::string chosen() const {
    return chosen_ < answer_["rows"].size() ? answer_["rows"][chosen_].value("pid", std::string()) : std::string();
  }

  enum class Mode : uint8_t { kTable, kFilter, kConfirm };
  NodeClient& node_;
  const TopArguments& arguments_;
  const std::vector<std::string> keys_;
  const bool color_;
  std::size_t sort_ = 0;
  std::string filter_;
  nlohmann::json answer_;
  double refresh_ms_ = 0;
  std::size_t chosen_ = 0;
  Mode mode_ = Mode::kTable;
  std::string doomed_;   // whom t asks about
  std::string message_;  // of the last act
  bool paused_ = false, now_ = false;
};

std::vector<std::string> Top::frame(Size size) {
  std::vector<std::string> lines;
  char head[160];
  std::snprintf(head, sizeof head, "wippy top: node %d, %s%s, refreshed in %.0f ms%s", node_.pid(), "sorted by ",
                keys_[sort_].c_str(), refresh_ms_, paused_ ? ", paused" : "");
  lines.emplace_back(head);
  lines.push_back(
      summary_line(answer_) +
      (filter_.empty() ? "" : "; \"" + filter_ + "\" fits " + std::to_string(answer_.value("matching", 0))));
  for (const std::string& line : deadlock_lines(answer_)) lines.push_back(line);
  lines.emplace_back();
  for (std::string& line : table_lines(answer_["rows"], size.columns)) lines.push_back(std::move(line));
  return lines;
}

void Top::draw(Size size) {
  std::vector<std::string> lines = frame(size);
  const std::size_t first_row = lines.size() - answer_["rows"].size();
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i + 1 < size.rows; ++i) {
    std::string text = i < lines.size() ? lines[i] : std::string();
    if (text.size() > size.columns) text.resize(size.columns);
    const bool heading = i + 1 == first_row, is_chosen = i == first_row + chosen_ && i < lines.size();
    if (is_chosen) text.resize(std::max(text.size(), size.columns), ' ');
    if (color_ && (heading || is_chosen)) out += is_chosen ? "\x1b[7m" : "\x1b[1m";
    if (!color_ && is_chosen && !text.empty()) text[0] = '>';
    out += text + (color_ && (heading || is_chosen) ? "\x1b[0m" : "") + "\x1b[K\r\n";
  }
  std::string foot = mode_ == Mode::kFilter    ? "filter: " + filter_ + "_"
                     : mode_ == Mode::kConfirm ? "terminate " + doomed_ + "? y/n"
                     : !message_.empty()       ? message_
                                               : kHelp;
  if (foot.size() > size.columns) foot.resize(size.columns);
  out += foot + "\x1b[K\x1b[J";
  std::cout << out << std::flush;
}

void Top::act(const char* what) {
  nlohmann::json answer;
  std::string error;
  const std::string pid = mode_ == Mode::kConfirm ? doomed_ : chosen();
  if (pid.empty()) return;
  message_ = node_.ask({{"do", what}, {"pid", pid}}, answer, error) ? std::string(what) + " " + pid + ": done" : error;
  now_ = true;
}

void Top::type_filter(char key) {
  if (key == '\r' || key == '\n' || key == 0x1b) {
    if (key == 0x1b) filter_.clear();
    mode_ = Mode::kTable;
  } else if ((key == 0x7f || key == '\b') && !filter_.empty()) {
    filter_.pop_back();
  } else if (key >= 0x20 && key < 0x7f) {
    filter_ += key;
  }
  chosen_ = 0;
  now_ = true;
}

// False: the end.
bool Top::handle_one(char key, std::string&) {
  if (key == 3) return false;  // Ctrl-C, in any mode
  if (mode_ == Mode::kFilter) return type_filter(key), true;
  if (mode_ == Mode::kConfirm) {
    if (key == 'y') act("terminate");
    mode_ = Mode::kTable;
    return true;
  }
  message_.clear();
  switch (key) {
    case 'q': return false;
    case 's': sort_ = (sort_ + 1) % keys_.size(), now_ = true; break;
    case '/': mode_ = Mode::kFilter; break;
    case 'j': chosen_ = std::min(chosen_ + 1, answer_["rows"].size() - (answer_["rows"].empty() ? 0 : 1)); break;
    case 'k': chosen_ -= chosen_ > 0 ? 1 : 0; break;
    case 'c': act("cancel"); break;
    case 't':
      doomed_ = chosen();
      if (!doomed_.empty()) mode_ = Mode::kConfirm;
      break;
    case ' ': paused_ = !paused_; break;
    case 'r': now_ = true; break;
    default: break;
  }
  return true;
}

bool Top::handle(const std::string& keys, std::string& error) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    char key = keys[i];
    if (key == 0x1b && i + 2 < keys.size() && keys[i + 1] == '[') {  // an arrow
      key = keys[i + 2] == 'A' ? 'k' : keys[i + 2] == 'B' ? 'j' : 0;
      i += 2;
      if (mode_ != Mode::kTable) continue;
    }
    if (!handle_one(key, error)) return false;
  }
  return true;
}

void Top::run(std::string& error) {
  if (const int number = set_raw(STDIN_FILENO); number != 0) {
    error = "the terminal does not do what top needs";
    return;
  }
  std::cout << "\x1b[?1049h\x1b[?25l";
  const uint64_t period_ns = arguments_.period_ms * kMs;
  uint64_t next_ns = 0;
  for (bool go_on = true; go_on;) {
    const Size size = terminal_size();
    if (now_ || (!paused_ && monotonic_ns() >= next_ns)) {
      now_ = false;
      next_ns = monotonic_ns() + period_ns;
      if (!refresh(size.rows, error)) break;
      chosen_ = std::min(chosen_, answer_["rows"].size() - (answer_["rows"].empty() ? 0 : 1));
    }
    draw(size);
    const uint64_t at_ns = monotonic_ns();
    const uint64_t wait_ms = paused_ ? 250 : next_ns > at_ns ? (next_ns - at_ns) / kMs + 1 : 0;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, static_cast<int>(std::min<uint64_t>(wait_ms, 250))) <= 0) continue;
    char keys[64];
    const ssize_t n = ::read(STDIN_FILENO, keys, sizeof keys);
    go_on = n > 0 && handle({keys, static_cast<std::size_t>(n)}, error);
  }
  std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
  restore_terminal();
}

}  // namespace

int top(const TopArguments& arguments, const Streams& streams) {
  std::string error;
  if (const std::unique_ptr<NodeClient> node = NodeClient::find(arguments.node.node, error)) {
    Top screen(*node, arguments);
    if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && !arguments.once) {
      screen.run(error);
    } else {
      screen.print_once(streams.out, error);
    }
  }
  if (error.empty()) return 0;
  streams.err << error_label(streams.colored_err) << error << '\n';
  return 1;
}

}  // namespace wippy::cli
