#!/usr/bin/env python3
"""tests/soak/soak.py BIN_DIR [--selftest]

A node under everything that comes and goes, at full speed: spawns, crashes, cancels, upgrades, links, names, timers, calls, files,
events, hot reloads, services that fail and are restarted. After a warm phase and after WIPPY_SOAK_SECONDS (60) of the same load, the
load ends, memory is purged and a census is taken sixteen times (tests/soak/natives.cpp). Processes, names, timers and files must be as
many as after the warm phase. Memory in use, of the heap and of the pools, must come back within 2 % of what it was there: threads keep up
to a megabyte of free items for themselves, so the least of the end is compared with the most of the warm phase. The resident set is
told: pools give whole pages back only, and never their address space. --selftest: one leak of each sort is planted and must be found.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

APP = Path(__file__).resolve().parent / "app"
EXACT = ("processes", "names", "timers", "files")
BYTES = ("used_bytes",)  # of the heap and of the pools
GROWTH = 1.02


def soak(binary, warm_s, seconds, leak=""):
    """The two reports of the node: {phase, rounds, least, most}."""
    with tempfile.TemporaryDirectory(prefix="wippy-soak-") as directory:
        app = shutil.copytree(APP, Path(directory) / "app")
        done = subprocess.run([binary, "run", "soak", str(warm_s), str(seconds), leak], cwd=app, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=warm_s + seconds + 120, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for line in lines:
        for census in (line["least"], line["most"]):
            census["used_bytes"] = census["heap_bytes"] + census["pool_bytes"]
    if done.returncode != 0 or len(lines) != 2:
        sys.exit(f"the node ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}\n0 passed, 1 failed")
    return lines


def leaks(warm, end):
    """What the end has too much of."""
    found = [key for key in EXACT if end["least"][key] > warm["least"][key]]
    return found + [key for key in BYTES if end["least"][key] > warm["most"][key] * GROWTH]


def show(report):
    least, most = report["least"], report["most"]
    print(f"{report['phase']}: " + ", ".join(f"{least[key]} {key}" for key in EXACT) + ", MiB: "
          + ", ".join(f"{key[:-6]} {least[key] / 2**20:.2f} to {most[key] / 2**20:.2f}"
                      for key in (*BYTES, "heap_bytes", "pool_bytes", "resident_bytes")))
    print("  rounds: " + ", ".join(f"{name} {n}" for name, n in sorted(report["rounds"].items())), flush=True)


def selftest(binary):
    failed = 0
    for leak, gauge in (("", None), ("process", "processes"), ("name", "names"), ("timer", "timers"), ("file", "files"),
                        ("memory", "used_bytes")):
        found = leaks(*soak(binary, 6, 6, leak))
        # Without a leak memory may still grow here: the warm phase is short.
        good = gauge in found if gauge else not set(found) & set(EXACT)
        print(f"{'ok' if good else 'FAILED'}: planted {leak or 'nothing'}, found {', '.join(found) or 'nothing'}", flush=True)
        failed += not good
    print(f"{6 - failed} passed, {failed} failed")
    return failed != 0


def main():
    binary = Path(sys.argv[1]).resolve() / "soak_node"
    if "--selftest" in sys.argv:
        return selftest(binary)
    seconds = float(os.environ.get("WIPPY_SOAK_SECONDS", "60"))
    warm, end = soak(binary, float(os.environ.get("WIPPY_SOAK_WARM", "20")), seconds)
    show(warm)
    show(end)
    found = leaks(warm, end)
    for key in found:
        print(f"FAILED: {key} grew from {warm['most' if key in BYTES else 'least'][key]} to {end['least'][key]}")
    print(f"{0 if found else 1} passed, {1 if found else 0} failed")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
