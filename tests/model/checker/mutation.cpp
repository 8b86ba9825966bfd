#include "model/checker/mutation.hpp"

#include <cstring>
#include <map>
#include <tuple>
#include <unordered_map>

namespace wippy::model {

MutationMode g_mutation_mode = MutationMode::kOff;

namespace {

// Sites are recognised by the address of the verb's name plus the source position; template instances share a mutation.
struct State {
  std::vector<std::string> filters;
  std::map<std::tuple<std::string, uint32_t, uint32_t, std::string, int>, Mutation> found;
  const Mutation* active = nullptr;
};
State& state() {
  static State s;
  return s;
}

const char* base_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

bool wanted(const char* file) {
  for (const std::string& f : state().filters) {
    if (std::strstr(file, f.c_str()) != nullptr) return true;
  }
  return false;
}

void add(const char* verb, const Site& s, Weakening w) {
  Mutation m{s.file_name(), s.function_name(), verb, s.line(), s.column(), w};
  state().found.emplace(std::tuple(m.file, m.line, m.column, m.verb, static_cast<int>(w)), m);
}

void collect(Order o, const char* verb, const Site& s, bool failure_half) {
  if (!wanted(s.file_name())) return;
  if (o == kFenceSc) {
    add(verb, s, Weakening::kNoFence);
    add(verb, s, Weakening::kFenceNotSc);
    return;
  }
  if (std::strncmp(verb, "fence", 5) == 0) return add(verb, s, Weakening::kNoFence);
  if ((o & kAcquire) != 0) add(verb, s, failure_half ? Weakening::kNoFailureAcquire : Weakening::kNoAcquire);
  if ((o & kRelease) != 0) add(verb, s, Weakening::kNoRelease);
}

bool is_active(const char* verb, const Site& s, bool failure_half) {
  const Mutation& m = *state().active;
  return s.line() == m.line && s.column() == m.column &&
         (m.weakening == Weakening::kNoFailureAcquire) == failure_half && m.verb == verb && m.file == s.file_name();
}

}  // namespace

std::string Mutation::text() const {
  const char* lost[] = {"without acquire", "without release", "failing without acquire", "removed", "only acq_rel"};
  // "R wippy::Deque<T>::push(T) [with …]" -> "push"
  std::string name = function.substr(0, function.find('('));
  const std::size_t colon = name.find_last_of(": ");
  if (colon != std::string::npos) name = name.substr(colon + 1);
  return std::string(base_name(file.c_str())) + ":" + std::to_string(line) + " " + name + ": " + verb + " " +
         lost[static_cast<int>(weakening)];
}

void mutation_collect(const std::vector<std::string>& filters) {
  state().filters = filters;
  state().found.clear();
  g_mutation_mode = MutationMode::kCollect;
}

std::vector<Mutation> mutation_collected() {
  std::vector<Mutation> all;
  for (auto& [key, m] : state().found) all.push_back(m);
  return all;
}

void mutation_apply(const Mutation* m) {
  state().active = m;
  g_mutation_mode = m == nullptr ? MutationMode::kOff : MutationMode::kApply;
}

Order mutated_slow(Order o, const char* verb, const Site& s, bool failure_half) {
  if (g_mutation_mode == MutationMode::kCollect) {
    collect(o, verb, s, failure_half);
    return o;
  }
  if (!is_active(verb, s, failure_half)) return o;
  switch (state().active->weakening) {
    case Weakening::kNoAcquire:
    case Weakening::kNoFailureAcquire: return static_cast<Order>(o & ~kAcquire);
    case Weakening::kNoRelease: return static_cast<Order>(o & ~kRelease);
    case Weakening::kNoFence: return kFenceOff;
    case Weakening::kFenceNotSc: return kAcqRel;
  }
  return o;
}

}  // namespace wippy::model
