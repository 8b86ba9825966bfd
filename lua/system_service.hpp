// What the system module asks of the application (host.md §10.5).
#pragma once

#include <cstdint>
#include <string_view>

#include "mailbox/values.hpp"

namespace wippy::lua {

// Thread-safety: any thread. Outlives the runtime's processes.
class SystemService {
 public:
  virtual void request_exit(int code) noexcept = 0;
  virtual uint32_t usable_cores() const noexcept = 0;
  // Live processes and worker threads.
  virtual uint64_t running_things() const noexcept = 0;
  virtual uint64_t memory_limit() const noexcept = 0;  // bytes; 0: none

  // One value each. They take locks and wait for answers of processes: for the blocking pool.
  virtual void hosts(ValueWriter& w) = 0;
  virtual void processes(std::string_view host, ValueWriter& w) = 0;
  // False: no such service, nothing is written.
  virtual bool service(std::string_view id, ValueWriter& w) = 0;
  virtual void services(ValueWriter& w) = 0;
  virtual void memory(ValueWriter& w) = 0;

 protected:
  ~SystemService() = default;
};

}  // namespace wippy::lua
