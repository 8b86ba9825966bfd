#include "model/checker/suite.hpp"

#include "model/checker/random_walk.hpp"

namespace wippy::model {

namespace {
std::set<std::string>* g_outcomes = nullptr;

std::string joined(const std::set<std::string>& all) {
  std::string s;
  for (const std::string& x : all) s += (s.empty() ? "" : " ") + x;
  return "{" + s + "}";
}

// "deque.hpp:57 push: store…" -> "deque.hpp push: store…", so that survivors do not depend on line numbers.
std::string without_line(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t space = text.find(' ');
  return text.substr(0, colon) + text.substr(space);
}

// Mistakes are looked for with few preemptions first: most need no more than one or two.
Exploration hunt(const Program& p, const Options& options, Row& row) {
  Options o = options;
  for (o.bound = options.bound < 1 ? options.bound : 1;; ++o.bound) {
    const Exploration e = explore(p, o);
    row.executions += e.executions;
    row.seconds += e.seconds;
    if (o.bound > row.bound) row.bound = o.bound;
    if (e.failed || !e.complete || o.bound == options.bound) return e;
  }
}

void describe(Row& row, const Program& p, const Options& o, const Exploration& e) {
  row.bound = o.bound;
  row.executions = e.executions;
  row.seconds = e.seconds;
  if (e.failed) row.details = replay(p, o, e.path);
}
}  // namespace

void outcome(const std::string& text) {
  if (g_outcomes != nullptr) g_outcomes->insert(text);
}

int g_extra_bound = 0;

std::vector<Case>& all_cases() {
  static std::vector<Case> cases;
  return cases;
}

Suite::Suite(const char* name, const std::function<void(Suite&)>& fill) : name_(name) { fill(*this); }

void Suite::add(const char* name, std::function<Row()> run) {
  all_cases().push_back({name_ + "/" + name, std::move(run)});
}

Row Suite::run_verify(const Program& p, const Options& options) {
  Options o = options;
  o.bound += g_extra_bound;
  if (g_extra_bound != 0) o.max_seconds = 3600;
  const Exploration e = explore(p, o);
  Row row;
  describe(row, p, o, e);
  row.verdict = e.failed ? "FAILED: " + e.why : (e.complete ? "verified" : "incomplete");
  row.expected = "verified";
  row.passed = !e.failed && e.complete;
  return row;
}

Row Suite::run_planted(const Program& p, const Options& o, const std::string& text) {
  Row row;
  const Exploration e = hunt(p, o, row);
  if (e.failed) {
    Options at = o;
    at.bound = row.bound;
    row.details = replay(p, at, e.path);
  }
  if (g_measured != nullptr && e.failed) {
    g_measured->systematic = row.executions;
    measure(*g_measured, p, o);
  }
  row.verdict = e.failed ? "caught: " + e.why : "NOT CAUGHT";
  row.expected = "caught: " + text;
  row.passed = e.failed && e.why.find(text) != std::string::npos;
  return row;
}

Row Suite::run_known(const Program& p, const Options& o, const std::string& text) {
  Row row = run_planted(p, o, text);
  row.expected = "known defect: " + text;
  if (row.passed) {
    row.verdict = "KNOWN DEFECT, " + row.verdict;
  } else if (row.verdict == "NOT CAUGHT") {
    row.passed = true;
    row.verdict = "mended: make this case a verify";
  }
  return row;
}

Row Suite::run_litmus(const Program& p, const Options& o, const std::set<std::string>& expected) {
  std::set<std::string> seen;
  g_outcomes = &seen;
  const Exploration e = explore(p, o);
  g_outcomes = nullptr;
  Row row;
  describe(row, p, o, e);
  row.verdict = e.failed ? "FAILED: " + e.why : joined(seen);
  row.expected = joined(expected);
  row.passed = !e.failed && e.complete && seen == expected;
  return row;
}

Row Suite::run_weakenings(const std::vector<Scenario>& scenarios, const std::vector<std::string>& files,
                          const std::vector<Survivor>& survivors) {
  Row row;
  row.passed = true;
  mutation_collect(files);
  for (const Scenario& s : scenarios) {
    const Exploration e = hunt(s.program, s.options, row);
    if (e.failed || !e.complete) {
      row.passed = false;
      row.details += "    unmutated: " + (e.failed ? e.why : std::string("incomplete")) + "\n";
    }
  }
  const std::vector<Mutation> all = mutation_collected();
  std::vector<int> used(survivors.size(), 0);
  std::size_t caught = 0;
  std::size_t listed = 0;
  for (const Mutation& m : all) {
    mutation_apply(&m);
    std::string why;
    for (const Scenario& s : scenarios) {
      const Exploration e = hunt(s.program, s.options, row);
      if (e.failed) why = e.why;
      if (!e.failed && !e.complete) why = "incomplete";
      if (!why.empty()) break;
    }
    mutation_apply(nullptr);
    const std::string text = without_line(m.text());
    const char* reason = nullptr;
    for (std::size_t i = 0; i < survivors.size(); ++i) {
      if (text.find(survivors[i].where) == std::string::npos) continue;
      reason = survivors[i].reason;
      if (why.empty()) ++used[i];
    }
    if (!why.empty()) {
      ++caught;
      row.details += "    caught    " + m.text() + "  => " + why + "\n";
    } else if (reason != nullptr) {
      ++listed;
      row.details += "    survives  " + m.text() + "  -- " + reason + "\n";
    } else {
      row.passed = false;
      row.details += "    SURVIVES  " + m.text() + "  -- not listed\n";
    }
  }
  for (std::size_t i = 0; i < survivors.size(); ++i) {
    if (used[i] == survivors[i].count) continue;
    row.passed = false;
    row.details += std::string("    STALE     ") + survivors[i].where + ": " + std::to_string(used[i]) +
                   " survive, listed " + std::to_string(survivors[i].count) + "\n";
  }
  mutation_apply(nullptr);
  row.passed = row.passed && !all.empty();
  row.verdict = std::to_string(all.size()) + " weakenings: " + std::to_string(caught) + " caught, " +
                std::to_string(listed) + " listed, " + std::to_string(all.size() - caught - listed) + " unexplained";
  row.expected = "0 unexplained";
  return row;
}

}  // namespace wippy::model
