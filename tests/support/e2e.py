"""Running the real binary from outside: programs with awaited output and signals, checks, and the closing count.

A suite is a script tests/<name>/run BIN_DIR. It collects cases with @case("name") and ends with main(), which prints one
line per case, everything about a failed one, and `N passed, N failed`. A run of all cases also leaves BIN_DIR/../results/
<name>.json for tests/conformance.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT_S = float(os.environ.get("WIPPY_E2E_TIMEOUT_S", "30"))
JOBS = int(os.environ.get("WIPPY_E2E_JOBS", "3"))

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

_cases = []
BINARY = Path()


class CheckFailed(Exception):
    pass


def case(name, alone=False):
    """alone: after the others, with nothing beside it; for what is judged by its time or takes all cores."""
    def keep(function):
        _cases.append((name, function, alone))
        return function
    return keep


class Program:
    """A started binary. out and err hold what it wrote so far; wait_for blocks until a pattern has appeared."""

    def __init__(self, arguments, directory, environment=None, out_closed=False, program="wippy"):
        """out_closed: nobody reads stdout, writing to it fails with EPIPE. program: a name in BIN_DIR."""
        self.program = program
        self.arguments = [str(a) for a in arguments]
        self.out = ""
        self.err = ""
        self.code = None
        self.started = time.monotonic()
        self._changed = threading.Condition()
        out = subprocess.PIPE
        if out_closed:
            reader, out = os.pipe()
            os.close(reader)
        self._process = subprocess.Popen([str(BINARY.with_name(program)), *self.arguments], cwd=directory, stdin=subprocess.DEVNULL,
                                         stdout=out, stderr=subprocess.PIPE, env=dict(os.environ, **(environment or {})))
        self.pid = self._process.pid
        if out_closed:
            os.close(out)
        streams = ("err",) if out_closed else ("out", "err")
        self._readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in streams]
        for reader in self._readers:
            reader.start()

    def _read(self, name):
        pipe = self._process.stdout if name == "out" else self._process.stderr
        while data := pipe.read1(65536):
            with self._changed:
                setattr(self, name, getattr(self, name) + data.decode(errors="replace"))
                self._changed.notify_all()
        pipe.close()

    def wait_for(self, stream, pattern, timeout_s=TIMEOUT_S):
        found = lambda: re.search(pattern, getattr(self, stream), re.MULTILINE)
        ended = lambda: not any(r.is_alive() for r in self._readers)
        end = time.monotonic() + timeout_s
        with self._changed:
            while not found():
                if time.monotonic() > end or ended():
                    break
                self._changed.wait(0.05)
            if not found():
                self.kill()
                raise CheckFailed(f"std{stream} never matched {pattern!r}\n{self.report()}")
        return found()

    def signal(self, number):
        self._process.send_signal(number)

    def running(self):
        return self._process.poll() is None

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()

    def end(self, timeout_s=TIMEOUT_S):
        try:
            self.code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            self.code = self._process.wait()
            raise CheckFailed(f"still running after {timeout_s} s\n{self.report()}") from None
        finally:
            for reader in self._readers:
                reader.join(5)
        self.seconds = time.monotonic() - self.started
        return self

    def report(self):
        return (f"  command: {self.program} {' '.join(self.arguments)}\n  exit code: {self.code}\n"
                f"  stdout:\n{indent(self.out)}\n  stderr:\n{indent(self.err)}")

    # Checks; each raises with everything the program said.
    def check(self, good, message):
        if not good:
            raise CheckFailed(f"{message}\n{self.report()}")
        return self

    def exits(self, code):
        return self.check(self.code == code, f"expected exit code {code}, got {self.code}")

    def exits_in(self, *codes):
        return self.check(self.code in codes, f"expected one of exit codes {codes}, got {self.code}")

    def prints(self, text):
        return self.check(self.out == text, f"expected stdout {text!r}")

    def prints_lines(self, patterns):
        """Each line of stdout matches the pattern of the same place, whole."""
        lines = self.out.splitlines()
        good = len(lines) == len(patterns) and all(re.fullmatch(p, l) for p, l in zip(patterns, lines))
        return self.check(good, f"expected the lines {patterns} on stdout")

    def says(self, *patterns):
        """stderr holds each pattern."""
        for pattern in patterns:
            self.check(re.search(pattern, self.err, re.MULTILINE), f"expected {pattern!r} on stderr")
        return self

    def check_out(self, *patterns):
        for pattern in patterns:
            self.check(re.search(pattern, self.out, re.MULTILINE), f"expected {pattern!r} on stdout")
        return self

    def silent(self):
        return self.check(self.err == "", "expected an empty stderr")

    def fails_once(self, message):
        """Exit code 1 and exactly one line `Error: message` (a pattern) on stderr; nothing more there but its tail lines."""
        self.exits(1)
        self.check(len(re.findall(r"^Error: ", self.err, re.MULTILINE)) == 1, "expected one line `Error: …` on stderr")
        return self.says(rf"^Error: {message}")


def indent(text):
    return "\n".join("    " + line for line in text.splitlines()) or "    (nothing)"


def start(directory, *arguments, environment=None, out_closed=False, program="wippy"):
    return Program(arguments, directory, environment, out_closed, program)


def run(directory, *arguments, timeout_s=TIMEOUT_S, environment=None, program="wippy"):
    return start(directory, *arguments, environment=environment, program=program).end(timeout_s)


def equal(got, expected, what):
    if got != expected:
        raise CheckFailed(f"{what}: expected {expected!r}, got {got!r}")


_shared = threading.local()


def scratch():
    """The running case's own empty directory."""
    return Path(tempfile.mkdtemp(dir=_shared.directory))


def write_files(directory, files):
    for name, text in files.items():
        path = Path(directory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Path(directory)


def _run_case(named):
    name, function, _ = named
    _shared.directory = tempfile.mkdtemp(prefix="wippy-e2e-")
    began = time.monotonic()
    try:
        function()
        return name, None, time.monotonic() - began
    except CheckFailed as failure:
        return name, str(failure), time.monotonic() - began
    except Exception:  # a broken case is a failed case
        return name, traceback.format_exc(), time.monotonic() - began
    finally:
        shutil.rmtree(_shared.directory, ignore_errors=True)


def main():
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BIN_DIR [words in the names of cases]")
    global BINARY
    BINARY = Path(sys.argv[1]).resolve() / "wippy"
    if not BINARY.exists():
        print(f"{BINARY} does not exist\n0 passed, 1 failed")
        sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = [c for c in _cases if all(w in c[0] for w in sys.argv[2:])]
    failed = 0
    results = {}

    def note(name, problem, seconds):
        nonlocal failed
        results[name] = problem is None and results.get(name, True)
        print(f"{'ok  ' if problem is None else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
        if problem is not None:
            failed += 1
            print(indent(problem), flush=True)

    with ThreadPoolExecutor(JOBS) as pool:
        for outcome in pool.map(_run_case, [c for c in wanted if not c[2]]):
            note(*outcome)
    for alone in (c for c in wanted if c[2]):
        note(*_run_case(alone))
    if not sys.argv[2:]:
        place = BINARY.parents[1] / "results" / f"{Path(sys.argv[0]).resolve().parent.name}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not wanted else 0)
