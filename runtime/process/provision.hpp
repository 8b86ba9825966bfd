// Provision: the name and the first messages of one child, on their way through a spawn (SpawnExtras).
//
//   pack      before the machine is made: the name is reserved, the messages are made and admitted by the child's mailbox
//   deliver   before publication: the messages are in the mailbox ahead of whatever anybody else can send
//   confirm   after publication, before the child can run: the name is the child's
// A spawn that fails in between takes everything back: the destructor cancels the reservation and frees the messages.
//
// Belongs to the spawning thread.
#pragma once

#include <string>

#include "runtime/process/context.hpp"
#include "runtime/process/process.hpp"

namespace wippy {

class Provision {
 public:
  Provision(NodeCore& node, const SpawnExtras& extras) : node_(node), extras_(extras), name_(extras.name) {}
  ~Provision();
  Provision(const Provision&) = delete;
  Provision& operator=(const Provision&) = delete;

  Status check() const noexcept;
  // The live process that has the name already; null: nobody.
  Pid owner() const;
  // "Spawn or signal": the messages go to the owner, the rest is told in `r`. False: it has ended meanwhile.
  bool signal(Pid owner, SpawnResult& r);

  Status pack(Process& child);
  // pack() failed because somebody else has got the name since owner() was asked.
  bool raced() const noexcept { return raced_; }
  void deliver(Process& child) noexcept;
  void confirm(Process& child);

 private:
  Signal* make(std::string_view body, Pid to) noexcept;

  NodeCore& node_;
  const SpawnExtras& extras_;
  const std::string name_;
  Pid reserved_;
  bool raced_ = false;
  Signal* first_ = nullptr;  // linked by MailNode::next
  Signal* last_ = nullptr;
};

}  // namespace wippy
