#!/usr/bin/env bash
# scripts/run-suites.sh BIN_DIR
# Runs every suite that drives the built binaries from outside: the executable files tests/<suite>/run (conformance, the
# seeds' texts, examples). Each gets BIN_DIR (absolute) as its argument and closes with `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/counts.sh
bin=$(cd "${1:?usage: scripts/run-suites.sh BIN_DIR}" && pwd) || exit 2
begin_steps suites
for suite in tests/*/run; do
  [ -x "$suite" ] || continue
  name=$(basename "$(dirname "$suite")")
  [ "$name" = tidy ] && continue
  run_step "$name" "${SUITE_LIMIT_S:-240}" "$suite" "$bin"
done
end_steps
