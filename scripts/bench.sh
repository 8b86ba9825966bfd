#!/usr/bin/env bash
# scripts/bench.sh [NAME]   the whole report: builds, runs everything in turns, prints the table as Markdown.
#   NAME     default: today's date. Results: perf-reports/runs/NAME/ (not committed), table: perf-reports/runs/NAME/table.md
#   ROUNDS   sessions, each of 1 run of ours and, with WIPPY_FLOOR_SOURCE, 1 of each prototype variant (default 3)
#   REPEATS  counted rounds of wippy-bench in each session (default 5)
#   FILTER   regular expression on benchmark names (default: all)
set -eu
cd "$(dirname "$0")/.."
name=${1:-$(date +%Y-%m-%d)}
out=perf-reports/runs/$name
rm -rf "$out"
mkdir -p "$out"
scripts/build.sh bench wippy-bench
for session in $(seq "${ROUNDS:-3}"); do
  for variant in ${WIPPY_FLOOR_SOURCE:+wall cpu}; do scripts/bench-floor.sh "$out" "$variant"; done
  build/bench/bin/wippy-bench run --filter "${FILTER:-.*}" --repeats "${REPEATS:-5}" --json "$out/ours-$session.json" \
    >"$out/ours-$session.txt"
  for variant in ${WIPPY_FLOOR_SOURCE:+tree cputree}; do scripts/bench-floor.sh "$out" "$variant"; done
done
scripts/bench-table.py "$out" | tee "$out/table.md"
