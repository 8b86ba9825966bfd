// process.lua (host.md §2.1).
#include "runtime/app/kinds.hpp"

namespace wippy::app {

std::shared_ptr<const EntryConfig> parse_process_lua(FieldReader& data, KindContext& context) {
  auto config = std::make_shared<ProcessLuaConfig>();
  read_lua_code(data, context, *config);
  const std::string method = data.text("method").value_or("");
  if (!FieldReader::is_blank(method)) config->method = method;
  read_process_common(data, context, *config);
  return config;
}

}  // namespace wippy::app
