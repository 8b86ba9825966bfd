#!/usr/bin/env python3
"""tests/soak/soak.py BIN_DIR [--selftest]

A node under everything that comes and goes, at full speed: spawns, crashes, cancels, upgrades, links, names, timers, calls, files,
events, hot reloads, services that fail and are restarted. After a warm phase and after WIPPY_SOAK_SECONDS (60) of the same load, the
load ends, memory is purged and a census is taken (tests/soak/natives.cpp). Processes, names, timers and files must be as many as
after the warm phase, memory at most 2 % more. --selftest: one leak of each sort is planted and must be found.
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
BYTES = ("used_bytes", "resident_bytes")  # used: of the heap and of the pools
GROWTH = 1.02


def soak(binary, warm_s, seconds, leak=""):
    """The two reports of the node: {phase, rounds, census}."""
    with tempfile.TemporaryDirectory(prefix="wippy-soak-") as directory:
        app = shutil.copytree(APP, Path(directory) / "app")
        done = subprocess.run([binary, "run", "soak", str(warm_s), str(seconds), leak], cwd=app, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=warm_s + seconds + 120, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for line in lines:
        line["census"]["used_bytes"] = line["census"]["heap_bytes"] + line["census"]["pool_bytes"]
    if done.returncode != 0 or len(lines) != 2:
        sys.exit(f"the node ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}\n0 passed, 1 failed")
    return lines


def leaks(warm, end):
    """What the end has too much of."""
    found = [key for key in EXACT if end["census"][key] > warm["census"][key]]
    return found + [key for key in BYTES if end["census"][key] > warm["census"][key] * GROWTH]


def show(report):
    census = report["census"]
    print(f"{report['phase']}: " + ", ".join(f"{census[key]} {key}" for key in EXACT) + ", "
          + ", ".join(f"{census[key] / 2**20:.2f} MiB {key[:-6]}" for key in (*BYTES, "heap_bytes", "pool_bytes")))
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
        print(f"FAILED: {key} grew from {warm['census'][key]} to {end['census'][key]}")
    print(f"{0 if found else 1} passed, {1 if found else 0} failed")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
