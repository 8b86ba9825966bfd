#include "lua/fixed_state.hpp"

#if defined(WIPPY_SIM)

#include "memory/slab.hpp"

namespace wippy::lua {

namespace {

constexpr uint32_t kCellClass = slab_class_of(2048);

struct Creation {
  lua_Alloc allocate;
  void* ud;
  void* cell;
};

void* allocate_during_creation(void* ud, void* block, std::size_t old_bytes, std::size_t bytes) {
  auto& creation = *static_cast<Creation*>(ud);
  if (block == nullptr && creation.cell == nullptr && bytes <= slab_class_bytes(kCellClass)) {
    creation.cell = slab_allocate(kCellClass);  // the first request is the state itself
    return creation.cell;
  }
  if (block != creation.cell || block == nullptr) return creation.allocate(creation.ud, block, old_bytes, bytes);
  slab_free(block, kCellClass);  // creation failed
  creation.cell = nullptr;
  return nullptr;
}

}  // namespace

lua_State* new_lua_state(lua_Alloc f, void* ud) noexcept {
  Creation creation{f, ud, nullptr};
  lua_State* const L = lua_newstate(allocate_during_creation, &creation);
  if (L != nullptr) lua_setallocf(L, f, ud);
  return L;
}

void free_lua_state_cell(lua_State* L) noexcept { slab_free(lua_getextraspace(L), kCellClass); }

}  // namespace wippy::lua

#endif
