// What an engine (Lua, WASM) hangs on the worker that its code runs on. Owner-only, on the worker's thread.
#pragma once

namespace wippy {

struct EngineSlot {
  void* data = nullptr;
  void (*before_park)(void* data) noexcept = nullptr;
  void (*at_exit)(void* data) noexcept = nullptr;  // the worker's thread ends
};

}  // namespace wippy
