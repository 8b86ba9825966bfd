#include "runtime/service/host_service.hpp"

#include <memory>

#include "mailbox/values.hpp"
#include "scheduler/clock.hpp"

namespace wippy {

namespace {

struct Job {
  ProcessHost* host;
  std::shared_ptr<const HostServiceEvents> events;
  uint64_t timeout_ns;
};

void dispose(void* job) { delete static_cast<Job*>(job); }

std::string answer(std::string_view why) {
  ValueWriter w;
  w.reset_body("", why.empty() ? 0 : 1);
  if (!why.empty()) w.string(why.data(), why.size());
  return w.finish().ok() ? std::string(w.view()) : std::string();
}

std::string start_host(void* arg) {
  Job& job = *static_cast<Job*>(arg);
  const Status s = job.host->start();
  const bool runs =
      job.host->core().state() == HostState::kRunning;  // an earlier start that was given up may have come
  if (!s.ok() && !runs) return answer(s.message);
  if (s.ok() && job.events->running) job.events->running(*job.host);
  return answer("");
}

std::string stop_host(void* arg) {
  Job& job = *static_cast<Job*>(arg);
  const uint64_t deadline_ns = deadline_after(monotonic_ns(), job.timeout_ns);
  job.host->begin_stop(job.timeout_ns);
  const uint32_t terminated = job.host->finish_stop(deadline_ns);
  if (job.events->stopped) job.events->stopped(*job.host, terminated);
  return answer("");
}

uint64_t ask(Context& self, std::string (*work)(void*), Job* job) {
  const uint64_t ref = self.call(work, job, dispose);
  if (ref == 0) dispose(job);
  return ref;
}

}  // namespace

void serve_host(ServiceSpec& s, ProcessHost& host, HostServiceEvents events) {
  const auto shared = std::make_shared<const HostServiceEvents>(std::move(events));
  s.begin_start = [&host, shared](Context& self) { return ask(self, start_host, new Job{&host, shared, 0}); };
  s.begin_stop = [&host, shared](Context& self, uint64_t timeout_ns) {
    return ask(self, stop_host, new Job{&host, shared, timeout_ns});
  };
}

}  // namespace wippy
