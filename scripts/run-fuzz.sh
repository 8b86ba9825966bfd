#!/usr/bin/env bash
# scripts/run-fuzz.sh [SECONDS]   runs every libFuzzer target that long (default 30) from its stored corpus
# tests/fuzz/corpus/<target>/; inputs found on the way stay in build/fuzz/corpus. Closes with `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/counts.sh
seconds=${1:-30}
begin_steps fuzz
for target in build/fuzz/bin/fuzz_*; do
  [ -x "$target" ] || continue
  name=$(basename "$target")
  found=build/fuzz/corpus/$name
  mkdir -p "$found"
  stored=tests/fuzz/corpus/$name
  [ -d "$stored" ] || stored=""
  run_step "$name" $((seconds + 60)) "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -verbosity=0 -print_final_stats=1 -artifact_prefix="build/fuzz/" "$found" $stored
done
end_steps
