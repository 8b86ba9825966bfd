// library.lua (host.md §2.3), and what the kinds with Lua text have in common.
#include <algorithm>

#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

void read_source(FieldReader& data, KindContext& context, LuaCode& config) {
  const std::optional<std::string> source = data.required_text("source");
  if (!source) return;
  const Node& node = *data.find("source");
  const bool from_file = !node.source_path.empty();
  config.source = *source;
  config.source_path = from_file ? node.source_path : context.site.file;
  config.source_line = from_file ? 1 : std::max(node.content_line, 1);
  if (context.syntax == nullptr || !*context.syntax) return;
  if (const std::optional<SyntaxError> error = (*context.syntax)(context.entry, config.source)) {
    const int line = config.source_line + std::max(error->line, 1) - 1;
    // The column of a source inside YAML is not that of the file: the indentation is missing.
    const std::string column = from_file && error->column > 0 ? std::to_string(error->column) + ":" : "";
    data.error("source", config.source_path + ":" + std::to_string(line) + ":" + column + " " + error->message);
  }
}

void read_modules(FieldReader& data, KindContext& context, LuaCode& config) {
  for (const Node* module : data.texts("modules")) {
    config.modules.push_back(module->text);
    if (context.modules == nullptr) continue;
    if (std::find(context.modules->begin(), context.modules->end(), module->text) != context.modules->end()) continue;
    data.warning("modules", "no built-in module \"" + module->text + "\" in this build",
                 did_you_mean(module->text, *context.modules));
  }
}

void read_imports(FieldReader& data, KindContext& context, LuaCode& config) {
  std::optional<FieldReader> imports = data.map("imports");
  if (!imports) return;
  for (const Member& member : imports->node().members) {
    const Node* library = imports->find(member.key);
    if (library == nullptr || !FieldReader::is_textual(*library)) {
      imports->error(member.key, "expected the ID of a library, got " + describe(member.value));
      continue;
    }
    std::optional<EntryId> id =
        add_reference(*imports, context, *library, imports->key_path(member.key), Expect::kLuaCode);
    if (id) config.imports.emplace(member.key, std::move(*id));
  }
}

}  // namespace

void read_lua_code(FieldReader& data, KindContext& context, LuaCode& code) {
  read_source(data, context, code);
  read_modules(data, context, code);
  read_imports(data, context, code);
}

std::shared_ptr<const EntryConfig> parse_library_lua(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<LibraryLuaConfig>();
  read_lua_code(data, context, *config);
  return config;
}

}  // namespace wippy::app
