#!/usr/bin/env bash
# scripts/run-tests.sh PRESET [ctest arguments]
# Runs the built tests of one preset and closes with `N passed, N failed`, counted in test cases, not in executables:
# GoogleTest's summaries and the closing lines of our own suites are added up. An executable that failed without naming a
# case (crash, time-out, not built) counts as one failure; a skipped case counts as a failure too.
set -u
cd "$(dirname "$0")/.." || exit 2
preset=${1:?usage: scripts/run-tests.sh PRESET [ctest arguments]}
shift
ctest --preset "$preset" "$@"
status=$?
log=build/$preset/Testing/Temporary/LastTest.log
totals=$(awk '
  function close_test() {
    if (!open) return
    if (bad && failed_here == 0) failed_here = 1
    if (!bad && passed_here == 0 && failed_here == 0) passed_here = 1
    passed += passed_here; failed += failed_here; open = 0
  }
  /^[0-9]+\/[0-9]+ Test: /            { close_test(); open = 1; bad = 1; passed_here = 0; failed_here = 0 }
  /^\[  PASSED  \] [0-9]+ tests?\.$/  { passed_here += $4 }
  /^\[  FAILED  \] [0-9]+ tests?, /   { failed_here += $4 }
  /^\[  SKIPPED \] [0-9]+ tests?, /   { failed_here += $4 }
  /^[0-9]+ passed, [0-9]+ failed$/    { passed_here += $1; failed_here += $3 }
  /^Test Passed\.$/                   { bad = 0 }
  END { close_test(); printf "%d %d", passed, failed }' "$log" 2>/dev/null)
passed=${totals% *}
failed=${totals#* }
passed=${passed:-0}
failed=${failed:-0}
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
