#include "runtime/process/names.hpp"

#include <oneapi/tbb/concurrent_hash_map.h>

#include <algorithm>

#include "runtime/process/node_core.hpp"

namespace wippy {

struct NameTable::Maps {
  // std::allocator: TBB's own recycles pages behind ThreadSanitizer's back, and nothing here is on a hot path.
  template <class K, class V>
  using Map =
      oneapi::tbb::concurrent_hash_map<K, V, oneapi::tbb::tbb_hash_compare<K>, std::allocator<std::pair<const K, V>>>;
  using ByName = Map<std::string, uint64_t>;
  using ByPid = Map<uint64_t, std::vector<std::string>>;
  ByName by_name;
  // The names of a pid, one item per insertion into by_name, so that none is ever without its item; may be short-lived
  // garbage when a registration races with an exit.
  ByPid by_pid;
};

NameTable::NameTable() : maps_(std::make_unique<Maps>()) {}
NameTable::~NameTable() = default;

bool NameTable::remove_exact(const std::string& name, Pid owner) {
  Maps::ByName::accessor a;
  if (!maps_->by_name.find(a, name) || a->second != owner.value) return false;
  maps_->by_name.erase(a);
  return true;
}

Status NameTable::add(NodeCore& node, std::string_view name, Pid owner) {
  {
    ReaderSection section(this_memory().reader());
    Process* p = node.find(owner);
    if (p == nullptr || !p->mark_named()) return Status::error(ErrorKind::kNotFound, "process not found");
  }
  const std::string key(name);
  for (;;) {
    uint64_t present = 0;
    {
      Maps::ByName::accessor a;
      if (!maps_->by_name.insert(a, Maps::ByName::value_type(key, owner.value))) present = a->second;
    }
    if (present == 0) break;
    if (present == owner.value) return Status::good();  // it is in by_pid already
    if (node.alive(Pid{present})) return Status::error(ErrorKind::kAlreadyExists, "name already registered");
    remove_exact(key, Pid{present});
  }
  {
    Maps::ByPid::accessor a;
    maps_->by_pid.insert(a, owner.value);
    a->second.push_back(key);
  }
  if (!node.alive(owner)) {  // it exited meanwhile and may have missed the entry
    release_all(owner);
    return Status::error(ErrorKind::kNotFound, "process not found");
  }
  return Status::good();
}

Pid NameTable::lookup(NodeCore& node, std::string_view name) const {
  uint64_t found = 0;
  {
    Maps::ByName::const_accessor a;
    if (maps_->by_name.find(a, std::string(name))) found = a->second;
  }
  return found != 0 && node.alive(Pid{found}) ? Pid{found} : Pid{};
}

bool NameTable::remove(NodeCore& node, std::string_view name) {
  const std::string key(name);
  uint64_t found = 0;
  {
    Maps::ByName::accessor a;
    if (!maps_->by_name.find(a, key)) return false;
    found = a->second;
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
  for (const std::string& n : names) remove_exact(n, owner);
}

std::size_t NameTable::size() const { return maps_->by_name.size(); }

}  // namespace wippy
