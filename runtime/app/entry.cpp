#include "runtime/app/entry.hpp"

namespace wippy::app {

EntryId EntryId::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {"", std::string(text)};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

EntryId EntryId::resolve(std::string_view text, std::string_view space) {
  EntryId id = parse(text);
  if (text.find(':') == std::string_view::npos) id.space = space;
  return id;
}

}  // namespace wippy::app
