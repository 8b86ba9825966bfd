// Var<T>: plain data whose accesses are race-checked. Use it in suites for whatever the protocol is meant to protect.
#pragma once

#include "model/checker/world.hpp"

namespace wippy::model {

template <class T>
class Var {
 public:
  Var() { plain_created(state_); }
  explicit Var(T v, const char* name = "value") : value_(v), name_(name) { plain_created(state_); }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  void name(const char* n) { name_ = n; }
  T get(Site s = Site::current()) const {
    plain_read(state_, state_, name_, s);
    return value_;
  }
  void set(T v, Site s = Site::current()) {
    plain_write(state_, name_, s);
    value_ = v;
  }

 private:
  T value_{};
  const char* name_ = "value";
  mutable PlainState state_;
};

}  // namespace wippy::model
