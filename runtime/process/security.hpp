// Who a process acts for, and under which policies (spec/process.md §6.8). Immutable, shared by pointer; carried by
// FrameContext. Policies, and the checks that ask for them, come with the hosts' security: until then no scope has any, a
// scope decides nothing, and having one changes nothing but what `security.can` says.
//
// Thread-safety: immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace wippy {

class Actor {
 public:
  // meta: one encoded value of mailbox/values.hpp, a table.
  Actor(std::string_view id, std::string_view meta) : id_(id), meta_(meta) {}
  const std::string& id() const noexcept { return id_; }
  std::string_view meta() const noexcept { return meta_; }

 private:
  const std::string id_;
  const std::string meta_;
};

enum class Decision : unsigned char { kUndefined, kAllow, kDeny };

class Scope {
 public:
  Decision evaluate(const Actor& actor, std::string_view action, std::string_view resource) const noexcept;
};

}  // namespace wippy
