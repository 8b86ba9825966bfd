// A Lua program with some heap, spawned so that its objects' addresses are known before it runs.
#pragma once

#include <memory>
#include <vector>

#include "lua/library.hpp"
#include "lua/program.hpp"
#include "tests/numa_guest/feast.hpp"

namespace wippy::guest {

class LuaScript final : public ProcessDirectory {
 public:
  LuaScript();

  // Both on the calling worker: the chunk has run and made the heap when they return, the method has not begun.
  // Waits for ever; `objects`: where its heap's objects are.
  SpawnResult spawn_staying(Context& self, std::vector<const void*>& objects);
  // Counts itself in the feast and ends.
  SpawnResult spawn_ending(Context& self);
  void ends_in(Feast* feast);

  // ProcessDirectory: the program asks for nothing.
  SpawnResult spawn(Context&, std::string_view, std::string_view, SpawnOptions) override;
  Status make_machine(Context&, std::string_view, std::string_view, Machine*&, std::string&) override;
  HostCore* find_host(std::string_view) noexcept override { return nullptr; }

 private:
  std::shared_ptr<const lua::LuaProgram> stays_;
  std::shared_ptr<const lua::LuaProgram> ends_;
  lua::StandardHooks hooks_;
};

}  // namespace wippy::guest
