// The registry of model cases and the kinds of cases there are.
//
//   verify<S>(name, options)            no execution within the bound may fail
//   planted<S>(name, options, text)     a planted mistake: some execution must fail, with `text` in its reason
//   known<S>(name, options, text)       a defect found here and not mended yet: passes while it is there, says so when it is gone
//   litmus<S>(name, options, set)       the set of S::outcome() strings over all executions must be exactly `set`
//   weakenings(name, scenarios, files, survivors)
//                                       every weaker order at every site of `files` that the scenarios execute must make
//                                       one of the scenarios fail, except the listed survivors, each with its reason
//
// A suite registers in a static object:  const Suite suite("deque", [](Suite& s) { s.verify<TwoThieves>("2 thieves", …); });
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "model/checker/explorer.hpp"
#include "model/checker/mutation.hpp"

namespace wippy::model {

struct Row {
  int bound = 0;
  uint64_t executions = 0;
  double seconds = 0;
  std::string verdict;
  std::string expected;
  bool passed = false;
  std::string details;  // printed below the row when it failed, or when traces were asked for
};

struct Case {
  std::string name;
  std::function<Row()> run;
};

struct Scenario {
  Program program;
  Options options;
};

// `where` is part of Mutation::text(), without the line number: "push: store_release without release". `count` sites match
// it and survive: one more or one less fails the case.
struct Survivor {
  const char* where;
  const char* reason;
  int count = 1;
};

class Suite {
 public:
  Suite(const char* name, const std::function<void(Suite&)>& fill);

  template <class S>
  void verify(const char* name, Options o) {
    add(name, [o] { return run_verify(program<S>(), o); });
  }
  template <class S>
  void planted(const char* name, Options o, const char* text) {
    add(name, [o, text] { return run_planted(program<S>(), o, text); });
  }
  template <class S>
  void known(const char* name, Options o, const char* text) {
    add(name, [o, text] { return run_known(program<S>(), o, text); });
  }
  // S has a static set<string>* kOutcomes to which finish() adds; see litmus_suite.cpp.
  template <class S>
  void litmus(const char* name, Options o, std::set<std::string> expected) {
    add(name, [o, expected] { return run_litmus(program<S>(), o, expected); });
  }
  template <class S>
  static Scenario scenario(Options o) {
    return {program<S>(), o};
  }
  void weakenings(const char* name, std::vector<Scenario> scenarios, std::vector<std::string> files,
                  std::vector<Survivor> survivors) {
    add(name, [scenarios, files, survivors] { return run_weakenings(scenarios, files, survivors); });
  }

 private:
  void add(const char* name, std::function<Row()> run);
  static Row run_verify(const Program& p, const Options& o);
  static Row run_planted(const Program& p, const Options& o, const std::string& text);
  static Row run_known(const Program& p, const Options& o, const std::string& text);
  static Row run_litmus(const Program& p, const Options& o, const std::set<std::string>& expected);
  static Row run_weakenings(const std::vector<Scenario>& scenarios, const std::vector<std::string>& files,
                            const std::vector<Survivor>& survivors);

  std::string name_;
};

// Added to the bound of every verify case (model_suites --deeper N); what the default bounds leave out for time.
extern int g_extra_bound;

// Called by a litmus scenario's finish().
void outcome(const std::string& text);

std::vector<Case>& all_cases();

}  // namespace wippy::model
