// Criteria of registry.find (host.md §9.4).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/entry.hpp"
#include "runtime/app/node.hpp"

namespace wippy::registry {

// Several criteria, ANDed.
class Criteria {
 public:
  Criteria();
  ~Criteria();
  Criteria(Criteria&&) noexcept;
  Criteria& operator=(Criteria&&) noexcept;

  // `criteria`: a map. False: `error` says which is wrong. Keys that mean nothing are ignored and named in `ignored`.
  bool parse(const app::Node& criteria, std::vector<std::string>& ignored, std::string& error);
  bool match(const app::Entry& entry) const;

 private:
  struct Test;
  std::vector<std::unique_ptr<Test>> tests_;
};

}  // namespace wippy::registry
