// Reads one YAML or JSON text into a Node tree. yaml-cpp and nlohmann-json do the parsing; this layer adds places,
// limits and the checks the libraries leave out (duplicate keys, unfinished quotes, aliases that multiply).
//
// No exception leaves these functions. Thread-safe: no shared state.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/app/node.hpp"

namespace wippy::app {

struct Document {
  Node root;                    // kNull for an empty text
  std::optional<Fault> syntax;  // set: the text is not readable and root is meaningless
  std::vector<Fault> faults;    // readable but wrong (duplicate keys, a second document)
};

struct DocumentLimits {
  int depth = 100;
  std::size_t nodes = 200'000;  // after expanding aliases
  std::size_t text_bytes = 64U << 20U;
};

Document parse_yaml(std::string_view text, const DocumentLimits& limits = {});
Document parse_json(std::string_view text, const DocumentLimits& limits = {});

}  // namespace wippy::app
