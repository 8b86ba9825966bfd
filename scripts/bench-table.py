#!/usr/bin/env python3
"""scripts/bench-table.py DIR: what scripts/bench.sh left in DIR, as Markdown tables.

Samples of all sessions are put together: median [min-max] over every counted round. The floor prototype prints medians of
its own seven repetitions; here: the median of these medians, the smallest minimum and the largest maximum.
"""
import glob
import json
import os
import re
import statistics
import sys

# floor line -> (our case, prototype variant)
FLOOR = {
    "spawn+exit backlog 64": ("scenario/spawn_exit_64", ""),
    "spawn+exit backlog 1024": ("scenario/spawn_exit_1024", ""),
    "spawn+exit backlog 1000000": ("scenario/spawn_exit_million", ""),
    "ping-pong round trip": ("scenario/ping_pong_w1", ""),
    "ring hop 503": ("scenario/ring_503_w1", ""),
    "fan-in 1 w1": ("scenario/fan_in_w1_1", ""),
    "fan-in 8 w1": ("scenario/fan_in_w1_8", ""),
    "fan-in 64 w1": ("scenario/fan_in_w1_64", ""),
    "fan-in 1 w2": ("scenario/fan_in_w2_cross_1", ""),
    "fan-in 8 w2": ("scenario/fan_in_w2_cross_8", ""),
    "tree 1.1M FIFO (BFS)": ("scenario/tree_w1", "tree"),
}
LIMIT = 5  # no native figure worse than this many times its floor


def number(v):
    if v >= 100:
        return f"{v:.0f}"
    return f"{v:.1f}" if v >= 10 else f"{v:.2f}"


def spread(values):
    return f"{number(statistics.median(values))} [{number(min(values))}–{number(max(values))}]"


def read_ours(folder):
    """name -> {"wall": [...], "cpu": [...], "unit", "operation", "calibrators"}; and the contexts."""
    cases, contexts = {}, []
    for path in sorted(glob.glob(os.path.join(folder, "ours-*.json"))):
        with open(path, encoding="utf-8") as f:
            doc = json.load(f)
        contexts.append(doc["context"])
        for c in doc["wippy"]["cases"]:
            e = cases.setdefault(c["name"], {"wall": [], "cpu": [], "unit": c["unit"], "operation": c["operation"],
                                             "calibrators": list(c.get("multiples", {}))})
            if c["unit"] == "bytes":
                e["wall"] += [c["min"], c["median"], c["max"]]
        for b in doc["benchmarks"]:
            if b.get("error_occurred"):
                sys.exit(f"{b['name']}: wrong answer: {b['error_message']}")
            if b["name"] in cases:
                cases[b["name"]]["wall"].append(b["real_time"])
                if b["cpu_time"] > 0:
                    cases[b["name"]]["cpu"].append(b["cpu_time"])
    return cases, contexts


def read_floor(folder):
    """(our case, "wall" or "cpu") -> text and median"""
    rows = {}
    for path in sorted(glob.glob(os.path.join(folder, "floor-*-*.txt"))):
        variant = os.path.basename(path).split("-")[1]
        clock, order = ("cpu", variant[3:]) if variant.startswith("cpu") else ("wall", variant.replace("wall", ""))
        with open(path, encoding="utf-8") as f:
            for line in f:
                m = re.match(r"\s+(.+?)\s+([\d.]+)\s+\[([\d.]+)-([\d.]+)\]", line)
                if not m or m[1] not in FLOOR or FLOOR[m[1]][1] != order:
                    continue
                if clock == "cpu" and " w2" in m[1]:
                    continue  # two threads: only wall time means something
                rows.setdefault((FLOOR[m[1]][0], clock), []).append([float(x) for x in m.groups()[1:]])
    out = {}
    for key, r in rows.items():
        medians = [x[0] for x in r]
        low, high = min(x[1] for x in r), max(x[2] for x in r)
        out[key] = (statistics.median(medians), f"{number(statistics.median(medians))} [{number(low)}–{number(high)}]")
    return out


def multiples(case, cases):
    if case["unit"] == "bytes":
        return ""
    parts = []
    for name in case["calibrators"]:
        unit = cases.get("calibrator/" + name)
        clock = "cpu" if case["cpu"] and unit and unit["cpu"] else "wall"
        if unit and unit[clock] and case[clock]:
            parts.append(f"{number(statistics.median(case[clock]) / statistics.median(unit[clock]))} × {name}")
    return ", ".join(parts)


def print_context(contexts):
    c = contexts[0]
    print(f"- machine: {c['cpu']}, {c['cpus']} CPUs, governor {c['governor']}, {c['kernel']}")
    print(f"- build: {c['compiler']}, {c['malloc']}, commit {c['commit']}")
    print(f"- load average at the start of each session: {'; '.join(x['load_at_start'].split(' ')[0] for x in contexts)}")
    for line in c["placement"]:
        print(f"- placement: {line}")
    print()


def print_floor_table(cases, floor, peers):
    print("| case | target | ours, wall | floor, wall | × | ours, CPU | floor, CPU | × | best peers (elsewhere) |")
    print("|---|---|---|---|---|---|---|---|---|")
    worst = 0.0
    for name, case in cases.items():
        if not name.startswith("scenario/") or case["unit"] != "ns":
            continue
        cells = []
        for clock in ("wall", "cpu"):
            have = floor.get((name, clock))
            ours = spread(case[clock]) if case[clock] else "–"
            ratio = "–"
            if have and case[clock]:
                times = statistics.median(case[clock]) / have[0]
                ratio = f"{times:.1f}"
                if clock == "cpu" or (name, "cpu") not in floor:
                    worst = max(worst, times)
            cells += [ours, have[1] if have else "–", ratio]
        p = peers.get(name, {})
        print(f"| {name[9:]} | {p.get('target', '–')} | " + " | ".join(cells) + f" | {p.get('peers', '–')} |")
    print()
    if worst:
        print(f"Worst multiple of the floor (CPU time where both have it): {worst:.1f}; the limit is {LIMIT}: "
              + ("held." if worst <= LIMIT else "**NOT HELD.**"))
        print()


def print_rest(cases, peers):
    print("| case | one operation | wall | CPU | multiples of calibrators (same rounds) | target | best peers (elsewhere) |")
    print("|---|---|---|---|---|---|---|")
    for name, case in cases.items():
        unit = "" if case["unit"].startswith("ns") else " B"
        p = peers.get(name, {})
        wall = "–" if case["unit"] == "ns CPU" else spread(case["wall"]) + unit
        cpu = spread(case["wall"]) if case["unit"] == "ns CPU" else spread(case["cpu"]) if case["cpu"] else "–"
        print(f"| {name} | {case['operation']} | {wall} | {cpu} | {multiples(case, cases)} | {p.get('target', '–')} "
              f"| {p.get('peers', '–')} |")
    print()


def main():
    folder = sys.argv[1]
    cases, contexts = read_ours(folder)
    if not cases:
        sys.exit("no results in " + folder)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "perf-reports", "peers.json"), encoding="utf-8") as f:
        peers = json.load(f)["cases"]
    print_context(contexts)
    print("Native scenarios beside the floor, ns per operation, median [min–max]:\n")
    print_floor_table(cases, read_floor(folder), peers)
    print("Everything, ns per operation unless marked B (bytes):\n")
    print_rest(cases, peers)


main()
