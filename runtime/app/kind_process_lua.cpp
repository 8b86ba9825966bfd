// process.lua (host.md §2.1).
#include <algorithm>

#include "runtime/app/kinds.hpp"

namespace wippy::app {
namespace {

void read_source(FieldReader& data, KindContext& context, ProcessLuaConfig& config) {
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

void read_modules(FieldReader& data, KindContext& context, ProcessLuaConfig& config) {
  for (const Node* module : data.texts("modules")) {
    config.modules.push_back(module->text);
    if (context.modules == nullptr) continue;
    if (std::find(context.modules->begin(), context.modules->end(), module->text) != context.modules->end()) continue;
    data.warning("modules", "no built-in module \"" + module->text + "\" in this build",
                 did_you_mean(module->text, *context.modules));
  }
}

void read_imports(FieldReader& data, KindContext& context, ProcessLuaConfig& config) {
  std::optional<FieldReader> imports = data.map("imports");
  if (!imports) return;
  for (const Member& member : imports->node().members) {
    const Node* library = imports->find(member.key);
    if (library == nullptr || !FieldReader::is_textual(*library)) {
      imports->error(member.key, "expected the ID of a library, got " + describe(member.value));
      continue;
    }
    config.imports.emplace(member.key, EntryId::resolve(library->text, context.entry.id.space));
    imports->error(member.key, "imports need kind library.lua, which is not supported by this build");
  }
}

}  // namespace

std::shared_ptr<const EntryConfig> parse_process_lua(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<ProcessLuaConfig>();
  read_source(data, context, *config);
  const std::string method = data.text("method").value_or("");
  if (!FieldReader::is_blank(method)) config->method = method;
  read_modules(data, context, *config);
  read_imports(data, context, *config);
  read_process_common(data, context, *config);
  return config;
}

}  // namespace wippy::app
