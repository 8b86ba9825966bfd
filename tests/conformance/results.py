"""Results of one build: GoogleTest's JSON of every unit test, and what the suites tests/<suite>/run write themselves.

They lie in BUILD/results (tests/CMakeLists.txt and tests/support/e2e.py put them there). A result that is older than what it
is about does not count: it is made again, or with run=False it is missing.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Folders whose files are read while the tests run.
READ_BY_UNIT_TESTS = {"unit_lua_process": ["tests/lua"]}
READ_BY_SUITES = ["tests/support", "examples"]


@dataclass
class Case:
    where: str  # executable or suite
    name: str
    passed: bool


def newest(paths):
    files = [f for p in paths for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file() and "__pycache__" not in f.parts]
    return max((f.stat().st_mtime for f in files), default=0)


def is_fresh(result, about):
    return result.exists() and all(p.exists() for p in about) and result.stat().st_mtime >= newest(about)


def cases_of_gtest(path):
    for suite in json.loads(path.read_text(encoding="utf-8"))["testsuites"]:
        for test in suite["testsuite"]:
            passed = test["status"] == "RUN" and test["result"] == "COMPLETED" and not test.get("failures")
            yield Case(path.stem, f"{suite['name']}.{test['name']}", passed)


def cases_of_suite(path):
    for name, passed in json.loads(path.read_text(encoding="utf-8")).items():
        yield Case(path.stem, name, passed)


def unit_tests(build):
    """Name -> what its result depends on, of every test that CTest knows by the label `unit`."""
    listed = subprocess.run(["ctest", "--test-dir", str(build), "-L", "unit", "--show-only=json-v1"], capture_output=True,
                            text=True, check=True)
    names = [t["name"] for t in json.loads(listed.stdout)["tests"]]
    return {n: [build / "bin" / n, *(ROOT / folder for folder in READ_BY_UNIT_TESTS.get(n, []))] for n in names}


def suites(build):
    found = {}
    for run in sorted(ROOT.glob("tests/*/run")):
        about = [build / "bin" / "wippy", run.parent, *(ROOT / folder for folder in READ_BY_SUITES)]
        found[run.parent.name] = about
    return found


def collect(build, run):
    """All cases, and a line for everything whose result is missing."""
    place = build / "results"
    units, scripts = unit_tests(build), suites(build)
    stale = [n for n, about in units.items() if not is_fresh(place / f"{n}.json", about)]
    if stale and run:
        subprocess.run(["ctest", "--test-dir", str(build), "--output-on-failure", "-R", f"^({'|'.join(stale)})$"], check=False)
    for name, about in scripts.items():
        if run and not is_fresh(place / f"{name}.json", about):
            subprocess.run([str(ROOT / "tests" / name / "run"), str(build / "bin")], check=False)
    cases, missing = [], []
    for table, read in ((units, cases_of_gtest), (scripts, cases_of_suite)):
        for name, about in table.items():
            path = place / f"{name}.json"
            if is_fresh(path, about):
                cases.extend(read(path))
            else:
                missing.append(f"no result of {name} that is newer than what it tests")
    return cases, missing
