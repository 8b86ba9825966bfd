#include "runtime/process/names.hpp"

#include <oneapi/tbb/concurrent_hash_map.h>

#include <algorithm>

#include "runtime/process/node_core.hpp"
#include "scheduler/thread.hpp"

namespace wippy {

struct NameTable::Maps {
  // std::allocator: TBB's own recycles pages behind ThreadSanitizer's back, and nothing here is on a hot path.
  template <class K, class V>
  using Map =
      oneapi::tbb::concurrent_hash_map<K, V, oneapi::tbb::tbb_hash_compare<K>, std::allocator<std::pair<const K, V>>>;
  using ByName = Map<std::string, Holder>;
  using ByPid = Map<uint64_t, std::vector<std::string>>;
  ByName by_name;
  // The names of a pid, one item per insertion into by_name, so that none is ever without its item; may be short-lived
  // garbage when a registration races with an exit. Reserved names are not in it.
  ByPid by_pid;

  void note(const std::string& name, Pid owner) {
    ByPid::accessor a;
    by_pid.insert(a, owner.value);
    a->second.push_back(name);
  }
};

NameTable::NameTable() : maps_(std::make_unique<Maps>()) {}
NameTable::~NameTable() = default;

Status NameTable::check(std::string_view name) noexcept {
  if (name.empty()) return Status::error(ErrorKind::kInvalid, "the name is empty");
  if (!NodeCore::looks_like_pid(name)) return Status::good();
  return Status::error(ErrorKind::kInvalid, "a name must not look like a PID");
}

NameTable::Holder NameTable::find(const std::string& name) const {
  Maps::ByName::const_accessor a;
  return maps_->by_name.find(a, name) ? a->second : Holder{};
}

bool NameTable::remove_exact(const std::string& name, uint64_t pid) {
  Maps::ByName::accessor a;
  if (!maps_->by_name.find(a, name) || a->second.pid != pid) return false;
  maps_->by_name.erase(a);
  return true;
}

// Who has the name when it is not free: a live process, or the holder's own from before. Pid 0: `holder` has it now.
NameTable::Holder NameTable::insert(NodeCore& node, const std::string& name, Holder holder) {
#if defined(WIPPY_SIM)
  if (sim::planted(sim::Bug::kTwoWinners) && find(name).pid == 0 && node.alive(Pid{holder.pid})) {
    yield_thread();
    Maps::ByName::accessor a;
    maps_->by_name.insert(a, name);
    a->second = holder;
    return Holder{};
  }
#endif
  for (;;) {
    Holder present;
    {
      Maps::ByName::accessor a;
      if (maps_->by_name.insert(a, Maps::ByName::value_type(name, holder))) return Holder{};
      present = a->second;
    }
    bool wait = present.unborn;
#if defined(WIPPY_SIM)
    if (sim::planted(sim::Bug::kUnbornIsDead)) wait = false;
#endif
    if (wait) {
      yield_thread();
    } else if (present.pid == holder.pid || node.alive(Pid{present.pid})) {
      return present;
    } else {
      remove_exact(name, present.pid);
    }
  }
}

Status NameTable::add(NodeCore& node, std::string_view name, Pid owner) {
  if (Status s = check(name); !s.ok()) return s;
  {
    ReaderSection section(this_memory().reader());
    Process* p = node.find(owner);
    if (p == nullptr || !p->mark_named()) return Status::error(ErrorKind::kNotFound, "process not found");
  }
  const std::string key(name);
  const Holder present = insert(node, key, Holder{owner.value});
  if (present.pid == owner.value) return Status::good();  // it is in by_pid already
  if (present.pid != 0) return Status::error(ErrorKind::kAlreadyExists, "name already registered");
  maps_->note(key, owner);
  if (!node.alive(owner)) {  // it exited meanwhile and may have missed the entry
    release_all(owner);
    return Status::error(ErrorKind::kNotFound, "process not found");
  }
  return Status::good();
}

Pid NameTable::lookup(NodeCore& node, std::string_view name) const {
  const Holder h = find(std::string(name));
  return h.pid != 0 && !h.unborn && node.alive(Pid{h.pid}) ? Pid{h.pid} : Pid{};
}

Pid NameTable::settled_owner(NodeCore& node, const std::string& name) const {
  Holder h = find(name);
  for (; h.unborn; h = find(name)) yield_thread();
  return h.pid != 0 && node.alive(Pid{h.pid}) ? Pid{h.pid} : Pid{};
}

Pid NameTable::reserve(NodeCore& node, const std::string& name, Pid child) {
  return Pid{insert(node, name, Holder{child.value, true}).pid};
}

// In by_pid before anybody can remove the name.
void NameTable::confirm(const std::string& name, Pid child) {
  maps_->note(name, child);
  Maps::ByName::accessor a;
  if (maps_->by_name.find(a, name) && a->second.pid == child.value) a->second.unborn = false;
}

void NameTable::cancel(const std::string& name, Pid child) { remove_exact(name, child.value); }

bool NameTable::remove(NodeCore& node, std::string_view name) {
  const std::string key(name);
  uint64_t found = 0;
  {
    Maps::ByName::accessor a;
    if (!maps_->by_name.find(a, key) || a->second.unborn) return false;
    found = a->second.pid;
    maps_->by_name.erase(a);
  }
  {
    Maps::ByPid::accessor a;
    if (maps_->by_pid.find(a, found)) {  // one only: a second one belongs to a registration that came meanwhile
      const auto it = std::find(a->second.begin(), a->second.end(), key);
      if (it != a->second.end()) a->second.erase(it);
    }
  }
  return node.alive(Pid{found});
}

void NameTable::release_all(Pid owner) {
  std::vector<std::string> names;
  {
    Maps::ByPid::accessor a;
    if (!maps_->by_pid.find(a, owner.value)) return;
    names.swap(a->second);
    maps_->by_pid.erase(a);
  }
  for (const std::string& n : names) remove_exact(n, owner.value);
}

std::vector<std::string> NameTable::names_of(Pid owner) const {
  Maps::ByPid::const_accessor a;
  return maps_->by_pid.find(a, owner.value) ? a->second : std::vector<std::string>{};
}

std::size_t NameTable::size() const { return maps_->by_name.size(); }

}  // namespace wippy
