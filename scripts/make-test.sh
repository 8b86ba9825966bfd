#!/usr/bin/env bash
# What `make test` runs after `make run`: release and debug builds, unit tests in both, the suites that drive the binaries, and
# from their results which promises of the process model are shown.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/counts.sh
begin_steps test
run_step build-release 900 scripts/build.sh release && {
  rm -rf build/release/results
  run_step unit-release 500 scripts/run-tests.sh release -L unit
  run_step suites 600 scripts/run-suites.sh build/release/bin
  run_step conformance-selftest 60 tests/conformance/selftest.py
  run_step conformance 60 tests/conformance/report.py build/release --no-run
}
run_step build-debug 900 scripts/build.sh debug && run_step unit-debug 500 scripts/run-tests.sh debug -L unit
end_steps
