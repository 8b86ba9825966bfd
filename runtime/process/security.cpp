#include "runtime/process/security.hpp"

namespace wippy {

// No policy says anything.
Decision Scope::evaluate(const Actor&, std::string_view, std::string_view) const noexcept {
  return Decision::kUndefined;
}

}  // namespace wippy
