// registry.entry: any data, for whoever looks it up (host.md §2.9).
#include "runtime/app/kinds.hpp"

namespace wippy::app {

std::shared_ptr<const EntryConfig> parse_registry_entry(FieldReader& data, KindContext&) {
  for (const Member& member : data.node().members) static_cast<void>(data.find(member.key));  // every key is known
  return std::make_shared<PlainConfig>();
}

}  // namespace wippy::app
