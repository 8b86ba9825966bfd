#!/usr/bin/env bash
# scripts/bench-recorder.sh [ROUNDS]   what the flight recorder costs: ping-pong with it and without it, in turns (default 10).
# Prints each round's two medians and the median of their ratios. A machine that is used by others needs more rounds.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-10}
filter=${FILTER:-^scenario/ping_pong}
for preset in bench bench-unrecorded; do scripts/build.sh "$preset" wippy-bench >/dev/null; done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for round in $(seq "$rounds"); do
  for preset in bench bench-unrecorded; do
    "build/$preset/bin/wippy-bench" run --filter "$filter" --repeats 3 --json "$out/$preset-$round.json" >/dev/null
  done
done
python3 - "$out" "$rounds" <<'END'
import collections, json, statistics, sys

out, rounds = sys.argv[1], int(sys.argv[2])
ratios = collections.defaultdict(list)
for n in range(1, rounds + 1):
    took = []
    for preset in ("bench", "bench-unrecorded"):
        with open("%s/%s-%d.json" % (out, preset, n)) as f:
            times = collections.defaultdict(list)
            for b in json.load(f)["benchmarks"]:
                if b["name"].startswith("scenario/") and b["run_type"] == "iteration":
                    times[b["name"]].append(b["real_time"])
            took.append({name: statistics.median(t) for name, t in times.items()})
    for name in took[0]:
        ratios[name].append(took[0][name] / took[1][name])
        print("%-32s recorded %7.1f ns  unrecorded %7.1f ns" % (name, took[0][name], took[1][name]))
for name, r in ratios.items():
    r.sort()
    print("%-32s costs %+.1f %% (median of %d ratios; %.1f to %.1f)"
          % (name, 100 * statistics.median(r) - 100, len(r), 100 * r[0] - 100, 100 * r[-1] - 100))
END
