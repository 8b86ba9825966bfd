#include "runtime/env/env_file.hpp"

#include <algorithm>

namespace wippy::env {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

// Reads a quoted value at the beginning of `rest`, which then is what follows it. False: it is not closed.
bool read_quoted(std::string_view& rest, std::string& value) {
  const char quote = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == quote) {
      rest.remove_prefix(i + 1);
      return true;
    }
    const bool escape = quote == '"' && rest[i] == '\\' && i + 1 < rest.size();
    value += escape ? unescaped(rest[++i]) : rest[i];
  }
  return false;
}

std::string written_value(std::string_view value) {
  const bool plain = std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '#' || c == '"' || c == '\'' || c == '\\';
  });
  if (plain) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

bool EnvFile::parse_line(std::string_view written, Line& out, std::string& problem) {
  out.written = written;
  const std::string_view line = trim(written);
  if (line.empty() || line.front() == '#') return true;
  const std::size_t equals = line.find('=');
  const std::string_view key = trim(line.substr(0, equals));
  if (equals == std::string_view::npos || !is_key(key)) {
    problem = "expected KEY=VALUE with a key of letters, digits and _";
    return false;
  }
  std::string_view rest = line.substr(equals + 1);
  const std::size_t first = rest.find_first_not_of(kBlanks);
  std::string value;
  if (first != std::string_view::npos && (rest[first] == '"' || rest[first] == '\'')) {
    rest.remove_prefix(first);
    if (!read_quoted(rest, value)) {
      problem = "the quoted value of " + std::string(key) + " is not closed";
      return false;
    }
    const std::string_view after = trim(rest);
    if (!after.empty() && after.front() != '#') {
      problem = "text after the quoted value of " + std::string(key);
      return false;
    }
    out.comment = after.empty() ? "" : rest;
  } else {
    std::size_t hash = 0;
    do hash = rest.find('#', hash == 0 ? 0 : hash + 1);
    while (hash != std::string_view::npos && hash != 0 && rest[hash - 1] != ' ' && rest[hash - 1] != '\t');
    value = trim(rest.substr(0, hash));
    if (hash != std::string_view::npos)
      out.comment =
          rest.substr(trim(rest.substr(0, hash)).empty() ? hash : rest.find_last_not_of(kBlanks, hash - 1) + 1);
  }
  out.key = key;
  out.value = std::move(value);
  return true;
}

std::vector<BadLine> EnvFile::parse(std::string_view text) {
  std::vector<BadLine> bad;
  lines_.clear();
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    Line line;
    std::string problem;
    if (!parse_line(text.substr(0, end), line, problem)) bad.push_back({number, std::move(problem)});
    lines_.push_back(std::move(line));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return bad;
}

std::map<std::string, std::string> EnvFile::values() const {
  std::map<std::string, std::string> out;
  for (const Line& line : lines_) {
    if (!line.key.empty()) out[line.key] = line.value;
  }
  return out;
}

void EnvFile::set(std::string_view key, std::string_view value) {
  auto found = std::find_if(lines_.rbegin(), lines_.rend(), [&](const Line& line) { return line.key == key; });
  Line& line = found != lines_.rend() ? *found : lines_.emplace_back();
  line.key = key;
  line.value = value;
  line.written = line.key + "=" + written_value(value) +
                 (line.comment.empty() || line.comment.front() != '#' ? "" : " ") + line.comment;
}

std::string EnvFile::text() const {
  std::string out;
  for (const Line& line : lines_) out += line.written + "\n";
  return out;
}

}  // namespace wippy::env
