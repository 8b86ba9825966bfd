// LuaMachine: one Lua program as a Machine. Owns the state, its heap, the tasks and the registrations for signals.
//
// A step: (1) signals are routed: registered ids to their handler or task, the rest to the SignalSink; (2) ready tasks run in
// FIFO order, one at a time, until none is ready (kWait), the budget or the slice is over (kMore), main has returned, a
// task failed or the process is to end (kDone). A preempted task stays at the front: scripts see switches only where they
// block or give up their turn.
//
// Order of signals and tasks: signals that have arrived are routed before the next task runs (at most 1,024 at once), so a
// receive does not miss what is already there.
//
// Memory: everything lies in the machine's own arena, also the machine; it is dropped whole by close(). An upgrade can
// therefore replace machine after machine without growth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lua/hooks.hpp"
#include "lua/program.hpp"
#include "lua/registrations.hpp"
#include "lua/state.hpp"
#include "lua/task.hpp"
#include "memory/arena.hpp"
#include "runtime/process/context.hpp"
#include "runtime/process/machine.hpp"

namespace wippy::lua {

// Something outside the Lua heap that the process holds (a file, a buffer): released when it exits, killed or not.
// Members: the owner embeds it; `release` frees the outside thing only, the memory goes with the arena.
struct Resource {
  Resource* next = nullptr;
  Resource* previous = nullptr;
  void (*release)(Resource* self, Context& context) noexcept = nullptr;
};

class LuaMachine final : public Machine {
 public:
  // Null: out of memory. The state does not exist yet. `host_limit`: bytes, 0: none; the smaller of it and the program's holds.
  static LuaMachine* create(Context& self, std::shared_ptr<const LuaProgram> program, const LuaHooks& hooks,
                            std::size_t host_limit) noexcept;
  // For a machine that never ran.
  void discard() noexcept;

  Verdict init(Context& self) noexcept override;
  Verdict step(Context& self) noexcept override;
  void close(Context& self, bool killed) noexcept override;
  std::string_view entry_id() const noexcept override {
    return program_ == nullptr ? std::string_view{} : program_->entry_id;
  }
  bool drop_oldest_message(Context&) noexcept override { return sink_ != nullptr && sink_->drop_oldest_message(); }
  void each_message(Context&, void (*show)(void*, const Signal&), void* arg) noexcept override {
    if (sink_ != nullptr) sink_->each_message(show, arg);
  }

  void inspect(Context&, Inspection& out) noexcept override;

  // --- for the libraries
  ProcessRoot& root() noexcept { return root_; }
  lua_State* main_state() noexcept { return main_.thread; }
  Context& context() noexcept { return *root_.context; }
  const LuaProgram* program() const noexcept { return program_.get(); }  // null: none
  // Made on first use; null: out of memory.
  SignalSink* sink() noexcept;

  // From the machine's arena, counted to the process's limit in that Lua gets less; null: out of memory. Freed by close() if
  // not before.
  void* allocate(std::size_t bytes) noexcept { return arena_.allocate(bytes); }
  void deallocate(void* p, std::size_t bytes) noexcept { arena_.deallocate(p, bytes); }
  Arena& arena() noexcept { return arena_; }
  void add_resource(Resource* r) noexcept;
  void remove_resource(Resource* r) noexcept;

  // --- for the engine (task.cpp, factory.cpp)
  Task* running() noexcept { return running_; }
  Task& main_task() noexcept { return main_; }
  bool wake(WakeRef ref, int outcome) noexcept;
  void block(Task& task, lua_State* innermost, WaitReason reason) noexcept;
  void yield_turn(Task& task) noexcept { push_ready(task); }
  void stop() noexcept { root_.stopping = true; }
  Registrations& registrations() noexcept { return registrations_; }
  // A task for the thread on top of L's stack, which it pops and anchors; null: out of memory. [-1, +0, m]
  Task* add_task(lua_State* L);
  void task_ended(Task& task) noexcept;
  void main_ended() noexcept { root_.done = true; }
  bool create_heap() noexcept;

  static bool answer_task(LuaMachine& machine, Signal* s, WakeRef ref) noexcept;

 private:
  LuaMachine(Context& self, std::shared_ptr<const LuaProgram> program, const LuaHooks& hooks, Arena&& arena,
             std::size_t host_limit) noexcept;
  ~LuaMachine() = default;

  bool route_signals(Context& self) noexcept;
  void route(Context& self, Signal* s) noexcept;
  Verdict run_tasks(Context& self) noexcept;
  bool run_one(Context& self, Task& task) noexcept;
  void finish_fatal(Context& self) noexcept;
  Verdict end(Context& self) noexcept;
  void push_ready(Task& task) noexcept;
  void push_ready_front(Task& task) noexcept;
  Task* pop_ready() noexcept;
  void drop_answer(Task& task) noexcept;

  ProcessRoot root_;
  Task* ready_first_ = nullptr;
  Task* ready_last_ = nullptr;
  Task* running_ = nullptr;
  Task* free_tasks_ = nullptr;
  uint32_t spawned_tasks_ = 0;  // alive, besides main
  SignalSink* sink_ = nullptr;
  Resource* resources_ = nullptr;
  std::shared_ptr<const LuaProgram> program_;
  Task main_;
  Arena arena_;
  Registrations registrations_;
};

}  // namespace wippy::lua
