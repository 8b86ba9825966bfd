// Var<T>: plain data whose accesses are race-checked. Use it in suites for whatever the protocol is meant to protect.
#pragma once

#include "model/checker/world.hpp"

namespace wippy::model {

template <class T>
class Var {
 public:
  WIPPY_MODEL_UNCHECKED Var() { plain_created(state_); }
  WIPPY_MODEL_UNCHECKED explicit Var(T v, const char* name = "value") : value_(v), name_(name) {
    plain_created(state_);
  }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  WIPPY_MODEL_UNCHECKED void name(const char* n) { name_ = n; }
  WIPPY_MODEL_UNCHECKED T get(Site s = Site::current()) const {
    plain_read(state_, state_, name_, s);
    return value_;
  }
  WIPPY_MODEL_UNCHECKED void set(T v, Site s = Site::current()) {
    plain_write(state_, name_, s);
    value_ = v;
  }

 private:
  T value_{};
  const char* name_ = "value";
  mutable PlainState state_;
};

// Aside<T>: a scenario's own bookkeeping, outside the modelled program: any thread may use it at any time.
template <class T>
class Aside {
 public:
  WIPPY_MODEL_UNCHECKED Aside() = default;
  WIPPY_MODEL_UNCHECKED Aside(T v) : value_(v) {}  // NOLINT: converts like the value it stands for
  WIPPY_MODEL_UNCHECKED operator T() const { return value_; }
  WIPPY_MODEL_UNCHECKED Aside& operator=(T v) {
    value_ = v;
    return *this;
  }
  WIPPY_MODEL_UNCHECKED T operator++() { return ++value_; }
  WIPPY_MODEL_UNCHECKED void operator+=(T v) { value_ += v; }
  WIPPY_MODEL_UNCHECKED void operator-=(T v) { value_ -= v; }

 private:
  T value_{};
};

}  // namespace wippy::model
