# Sourced by .ci/run and scripts/make-test.sh: runs steps under a time limit, adds up what they report, prints a table.
#
# A step reports by closing its output with a line `N passed, N failed`; a step without one counts as one check. A step
# that exits non-zero without naming a failure, or exceeds its limit, counts as one more failure.
# Limits are seconds. Each step's output also goes to build/steps/<group>/<step>.log.

steps_group=steps
steps_passed=0
steps_failed=0
steps_table=""
steps_started=$SECONDS
steps_budget_s=0  # 0: no limit for all steps together
steps_pid=""      # the step that runs now; each runs in a process group of its own, so pass the end on
trap '[ -n "$steps_pid" ] && kill "$steps_pid" 2>/dev/null; exit 143' TERM INT

# begin_steps GROUP [BUDGET_SECONDS]
begin_steps() {
  steps_group=$1
  steps_budget_s=${2:-0}
  steps_started=$SECONDS
  mkdir -p "build/steps/$steps_group"
}

# run_step NAME LIMIT_SECONDS COMMAND... ; returns 0 when the step passed
run_step() {
  local name=$1 limit=$2
  shift 2
  local log="build/steps/$steps_group/$name.log" began=$SECONDS status=0 passed failed line verdict left
  if [ "$steps_budget_s" -gt 0 ]; then
    left=$((steps_budget_s - (SECONDS - steps_started)))
    [ "$left" -lt "$limit" ] && limit=$left
    [ "$limit" -lt 1 ] && limit=1
  fi
  printf '\n=== %s: %s (limit %d s)\n' "$name" "$*" "$limit"
  # To a file, not through a pipe: what a killed step leaves behind must not hold this script's output open.
  : >"$log"
  timeout --kill-after=15 "$limit" "$@" >"$log" 2>&1 </dev/null &
  steps_pid=$!
  tail -n +1 -s 0.2 -f --pid=$steps_pid "$log"
  wait $steps_pid
  status=$?
  steps_pid=""
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  if [ -n "$line" ]; then
    passed=${line%% passed*}
    failed=${line#*, }
    failed=${failed%% failed}
  else
    passed=0
    failed=0
    [ "$status" -eq 0 ] && passed=1
  fi
  verdict=ok
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    verdict="over $limit s"
    failed=$((failed + 1))
  elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
  fi
  [ "$failed" -gt 0 ] && [ "$verdict" = ok ] && verdict=FAILED
  steps_passed=$((steps_passed + passed))
  steps_failed=$((steps_failed + failed))
  steps_table+=$(printf '%-22s %8d %8d %7d s %7d s  %s' \
    "$name" "$passed" "$failed" "$((SECONDS - began))" "$limit" "$verdict")$'\n'
  [ "$failed" -eq 0 ]
}

# Prints the table and the closing line; returns non-zero when anything failed or nothing ran.
end_steps() {
  printf '\n%-22s %8s %8s %9s %9s\n%s' "$steps_group" passed failed took limit "$steps_table"
  printf '%-22s %8d %8d %7d s\n\n' total "$steps_passed" "$steps_failed" "$((SECONDS - steps_started))"
  printf '%d passed, %d failed\n' "$steps_passed" "$steps_failed"
  [ "$steps_failed" -eq 0 ] && [ "$steps_passed" -gt 0 ]
}
