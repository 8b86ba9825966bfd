#!/bin/bash
# Explores tests/model/spin/links.pml exhaustively: the protocol must hold, each planted mistake must be found.
# Needs spin and a C compiler. Prints one line per case and "N passed, N failed".
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# name, expected (holds|found), spin definitions
run_case() {
  local name=$1 expected=$2
  shift 2
  cd "$work" && rm -f pan* ./*.trail && : >pan.log
  local start verdict states
  start=$(date +%s.%N)
  if ! spin "$@" -a "$here/links.pml" >spin.log 2>&1 || ! gcc -O1 -w -DSAFETY -o pan pan.c >gcc.log 2>&1; then
    cat spin.log gcc.log 2>/dev/null
    verdict=error
  else
    timeout 120 ./pan -m200000 -w22 >pan.log 2>&1
    if grep -q "errors: 0" pan.log && ! grep -q -e "max search depth too small" -e "out of memory" pan.log; then
      verdict=holds
    elif grep -q "errors: [1-9]" pan.log; then
      verdict=found
    else
      verdict=unfinished
    fi
  fi
  states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
  printf '%-52s %12s states %6.1f s  %-10s expected %s' "$name" "${states:-?}" \
    "$(echo "$(date +%s.%N) - $start" | bc 2>/dev/null || echo 0)" "$verdict" "$expected"
  if [ "$verdict" = "$expected" ]; then
    passed=$((passed + 1))
    echo
  else
    failed=$((failed + 1))
    echo "   <-- FAILED"
    grep -m1 "pan:" pan.log
  fi
}

run_case "link | link"                              holds -DOPS=1 -DEXITS=0
run_case "unlink | relink, 3 operations each"       holds -DOPS=3 -DEXITS=0
run_case "exit | each, one ends, 2 operations"      holds -DOPS=2 -DEXITS=1
run_case "exit | each, one ends, 3 operations"      holds -DOPS=3 -DEXITS=1
run_case "exit | exit, 2 operations"                holds -DOPS=2 -DEXITS=2
run_case "exit | each, unread queue left to the zombie" holds -DOPS=2 -DEXITS=1 -DSETTLE=0
run_case "exit | each, not trapping: cascade"       holds -DOPS=2 -DEXITS=1 -DTRAP=0
run_case "planted: unlink without draining"         found -DOPS=2 -DEXITS=1 -DBUG=1
run_case "planted: UNLINK without ids"              found -DOPS=3 -DEXITS=0 -DBUG=2
run_case "planted: LINK_DOWN counts without entry"  found -DOPS=2 -DEXITS=1 -DBUG=3
run_case "planted: dead, not zombie"                found -DOPS=1 -DEXITS=1 -DBUG=4
run_case "planted: link not taken back"             found -DOPS=1 -DEXITS=1 -DBUG=5
run_case "planted: failed zombie answers UNLINK"    found -DOPS=1 -DEXITS=1 -DBUG=6
run_case "planted: UNLINK with the own id only"     found -DOPS=2 -DEXITS=0 -DBUG=7
run_case "planted: LINK_DOWN leaves the entry"      found -DOPS=1 -DEXITS=1 -DBUG=8
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
