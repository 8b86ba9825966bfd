#include "lua/type_program.hpp"

#include <re2/re2.h>

namespace wippy::lua {

namespace {

using typed::Literal;

// By Lua itself, which knows all escapes and numerals. The source is one token, or '-' and a numeral.
bool evaluate(lua_State* L, Literal& literal, std::string& message) {
  if (literal.kind == Literal::Kind::kNil || literal.kind == Literal::Kind::kBoolean) return true;
  const char first = literal.source.empty() ? '\0' : literal.source.front();
  const bool is_text = literal.kind == Literal::Kind::kString;
  if (is_text && first != '"' && first != '\'' && first != '[') {  // a name
    literal.string = literal.source;
    return true;
  }
  const std::string chunk = "return " + literal.source;
  if (luaL_loadbufferx(L, chunk.data(), chunk.size(), "=literal", "t") != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK) {
    const char* const why = lua_tostring(L, -1);
    message = why == nullptr ? "literal" : why;
    if (message.starts_with("literal:1: ")) message.erase(0, 11);
    lua_settop(L, 0);
    return false;
  }
  if (is_text) {
    std::size_t length = 0;
    const char* const text = lua_tolstring(L, -1, &length);
    literal.string.assign(text, length);
  } else if (lua_isinteger(L, -1) != 0) {
    literal.kind = Literal::Kind::kInteger;
    literal.integer = lua_tointeger(L, -1);
    literal.number = static_cast<double>(literal.integer);
  } else {
    literal.number = lua_tonumber(L, -1);
  }
  lua_settop(L, 0);
  return true;
}

bool compile_pattern(TypeProgram& program, typed::Validator& v, std::string& message) {
  if (v.arguments.size() != 1 || v.arguments[0].kind != Literal::Kind::kString) {
    message = "@pattern needs one string";
    return false;
  }
  RE2::Options options;
  options.set_log_errors(false);
  auto pattern = std::make_unique<RE2>(v.arguments[0].string, options);
  if (!pattern->ok()) {
    message = "@pattern: " + pattern->error();
    return false;
  }
  v.pattern = static_cast<int32_t>(program.patterns.size());
  program.patterns.push_back(std::move(pattern));
  return true;
}

bool complete(lua_State* L, TypeProgram& program, typed::Validator& v, std::string& message) {
  for (Literal& l : v.arguments) {
    if (!evaluate(L, l, message)) return false;
  }
  if (v.name == "pattern") return compile_pattern(program, v, message);
  const bool is_bound = v.name == "min" || v.name == "max" || v.name == "min_len" || v.name == "max_len";
  const bool is_number = v.arguments.size() == 1 && (v.arguments[0].kind == Literal::Kind::kInteger ||
                                                     v.arguments[0].kind == Literal::Kind::kNumber);
  if (is_bound && !is_number) message = "@" + v.name + " needs one number";
  return !is_bound || is_number;
}

}  // namespace

TypeProgram::TypeProgram() = default;
TypeProgram::~TypeProgram() = default;

bool matches(const TypeProgram& program, int32_t pattern, std::string_view text) noexcept {
  if (pattern < 0) return true;
  try {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                             *program.patterns[static_cast<std::size_t>(pattern)]);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

std::shared_ptr<const TypeProgram> make_type_program(lua_State* L, typed::Types&& types, uint32_t& line,
                                                     std::string& message) {
  auto program = std::make_shared<TypeProgram>();
  program->types = std::move(types);
  for (typed::TypeNode& n : program->types.nodes) {
    line = n.line;
    if (!evaluate(L, n.literal, message)) return nullptr;
    if (n.kind == typed::NodeKind::kField && n.text.empty()) n.text = n.literal.string;
    for (typed::Validator& v : n.validators) {
      line = v.line;
      if (!complete(L, *program, v, message)) return nullptr;
    }
  }
  return program;
}

}  // namespace wippy::lua
