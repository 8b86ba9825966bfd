#include "lua/typed/erase.hpp"

#include <new>
#include <unordered_set>

#include "lua/typed/parser.hpp"

namespace wippy::lua::typed {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 31;  // offsets have 32 bits

// Names of declared types that are read as values: tokens outside all spans that are no field, method or label.
std::unordered_set<std::string_view> names_read(std::string_view text, const std::vector<Token>& tokens,
                                                const std::vector<Span>& spans,
                                                const std::vector<DeclaredName>& declared) {
  std::unordered_set<std::string_view> names;
  std::unordered_set<std::string_view> read;
  for (const DeclaredName& d : declared) names.insert(d.name);
  std::size_t next_span = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    while (next_span < spans.size() && spans[next_span].end <= t.begin) ++next_span;
    if (t.kind != Tok::kName || (next_span < spans.size() && spans[next_span].begin <= t.begin)) continue;
    const Tok before = i == 0 ? Tok::kEnd : tokens[i - 1].kind;
    if (before == Tok::kDot || before == Tok::kColon || before == Tok::kGoto) continue;
    const std::string_view name = text.substr(t.begin, t.end - t.begin);
    if (names.contains(name)) read.insert(name);
  }
  return read;
}

// Copies `text` without the spans.
class Writer {
 public:
  Writer(std::string_view text, Erased& out) : text_(text), out_(out.text) { out_.reserve(text.size() + 64); }

  void span(const Span& s, std::string_view instead) {
    out_.append(text_.substr(at_, s.begin - at_));
    std::size_t at = s.begin;
    if (!instead.empty()) {
      out_.append(instead);
      // It takes the place of the statement's first line, as far as that goes.
      for (std::size_t n = 0; n < instead.size() && at < s.end && !is_newline(text_[at]); ++n) ++at;
    }
    for (; at < s.end; ++at) out_.push_back(is_newline(text_[at]) || text_[at] == '\t' ? text_[at] : ' ');
    if (instead.empty() && s.semicolon == Span::Semicolon::kFirst) out_[out_.size() - (s.end - s.begin)] = ';';
    if (instead.empty() && s.semicolon == Span::Semicolon::kLast) out_.back() = ';';
    at_ = s.end;
  }
  void finish() { out_.append(text_.substr(at_)); }

 private:
  static bool is_newline(char c) noexcept { return c == '\n' || c == '\r'; }
  std::string_view text_;
  std::string& out_;
  std::size_t at_ = 0;
};

bool fail(EraseError& error, std::string_view message) {
  error = EraseError{};
  error.line = 1;
  error.column = 1;
  error.message = message;
  return false;
}

void write(std::string_view source, const Parser& parser, const std::unordered_set<std::string_view>& read,
           Types* types, Erased& out) {
  Writer writer(source, out);
  std::string reified;
  for (const Span& s : parser.spans()) {
    reified.clear();
    if (s.declaration >= 0 && types != nullptr) {
      const DeclaredName& d = parser.declared()[static_cast<std::size_t>(s.declaration)];
      if (!d.shadows && read.contains(d.name)) {
        reified.append("local ").append(d.name).append("=_T").append(std::to_string(types->reified.size())).append(";");
        types->reified.push_back(static_cast<uint32_t>(s.declaration));
      }
    }
    writer.span(s, reified);
  }
  writer.finish();
}

bool erase_or_throw(std::string_view source, Erased& out, EraseError& error) {
  out = Erased{};
  if (source.size() >= kMaxBytes) return fail(error, "source is too long");
  if (source.substr(preamble_bytes(source)).starts_with('\x1b'))
    return fail(error, "a binary chunk is not source text");
  std::string_view lexer_error;
  const std::vector<Token> tokens = tokens_of(source, lexer_error);
  Parser first(source, tokens, lexer_error, nullptr);
  if (!first.run()) {
    error = first.error();
    return false;
  }
  out.first_form_line = first.first_form_line();
  const auto read = names_read(source, tokens, first.spans(), first.declared());
  bool reifies = false;
  for (const DeclaredName& d : first.declared()) reifies = reifies || (!d.shadows && read.contains(d.name));
  if (!reifies) {
    write(source, first, read, nullptr, out);
    return true;
  }
  // Once more, with trees: most files need none.
  out.types = std::make_unique<Types>();
  Parser second(source, tokens, lexer_error, out.types.get());
  if (!second.run()) {
    error = second.error();
    return false;
  }
  write(source, second, read, out.types.get(), out);
  if (out.types->reified.empty()) out.types.reset();
  return true;
}

}  // namespace

bool erase(std::string_view source, Erased& out, EraseError& error) noexcept {
  try {
    return erase_or_throw(source, out, error);
  } catch (const std::bad_alloc&) {
    out = Erased{};
    error = EraseError{};
    error.message = "no memory";  // fits the string itself
    return false;
  }
}

}  // namespace wippy::lua::typed
