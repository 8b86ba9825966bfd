// A Lua program with some heap, spawned so that its objects' addresses are known before it runs.
#pragma once

#include <memory>
#include <vector>

#include "lua/library.hpp"
#include "lua/program.hpp"
#include "tests/numa_guest/feast.hpp"

namespace wippy::guest {

struct LuaObjects {
  std::vector<const void*> small;  // from the arena's chunks
  std::vector<const void*> large;  // strings over Arena::kSmallMax: from malloc
};

class LuaScript final : public lua::ProcessDirectory {
 public:
  LuaScript();

  // On the calling worker. The chunk has run when this returns, main has not.
  SpawnResult spawn(Context& self, LuaObjects& objects);
  // main counts itself there from now on.
  void ends_in(Feast& feast);
  void ends_in_nothing();

  // lua::ProcessDirectory: the program asks for nothing.
  SpawnResult spawn(Context&, std::string_view, std::string_view, SpawnOptions) override;
  HostCore* find_host(std::string_view) noexcept override { return nullptr; }

 private:
  std::shared_ptr<const lua::LuaProgram> program_;
  lua::StandardHooks hooks_;
};

}  // namespace wippy::guest
