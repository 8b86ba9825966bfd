#!/usr/bin/env python3
"""gate.py check | accept [counts | instructions]      make gate, make gate-accept
gate.py selftest [--runs N]                         make gate-selftest

check     runs the counts and the instructions, compares them with baseline.json, closes with `N passed, N failed`
accept    writes baseline.json anew and shows what changed
selftest  what the gate must notice is added to the runs, 100 times each; runs without a change must pass, 100 times

Exit codes: 0 no regression, 1 regression, 2 broken (wrong answer, nothing measured), 3 inconclusive (the baseline is for
another compiler). The programs are built by scripts/gate.sh.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import compare  # noqa: E402
import compare_test  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BASELINE = os.path.join(HERE, "baseline.json")
COUNTS = os.path.join(ROOT, "build", "sim", "bin", "wippy-gate-counts")
INSTRUCTIONS = os.path.join(ROOT, "build", "release", "bin", "wippy-gate-instructions")
INSTRUCTIONS_BAD = INSTRUCTIONS + "-bad"
DEBIAN_12_COMPILER = "12.2.0"
# glibc chooses memcpy and its like by processor; these leave it one choice.
TUNABLES = "glibc.cpu.hwcaps=" + ",".join("-" + f for f in (
    "AVX512F", "AVX512VL", "AVX512BW", "AVX2", "AVX", "BMI2", "ERMS", "FSRM", "RTM"))
RUNS = 100


class Broken(Exception):
    pass


def run_program(command, padding=0):
    """Its standard output. The environment is empty, but for `padding` bytes that the self-test varies."""
    environment = {"GLIBC_TUNABLES": TUNABLES}
    if padding:
        environment["PADDING"] = "x" * padding
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 2) or not done.stdout:
        raise Broken("%s: exit code %d\n%s" % (os.path.basename(command[0]), done.returncode, done.stderr[-2000:]))
    return done.stdout


def by_name(items):
    return {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in items}


def measure_counts(arguments=(), padding=0):
    out = json.loads(run_program([COUNTS, *arguments], padding))
    out["runs"] = by_name(out["runs"])
    return out


# --- callgrind

def without_randomisation():
    """A prefix that switches address space randomisation off, where the system lets one."""
    setarch = shutil.which("setarch")
    prefix = [setarch, "-R"] if setarch else []
    return prefix if prefix and subprocess.run(prefix + ["true"], capture_output=True).returncode == 0 else []


def executed_by_case(folder):
    """Callgrind writes one file per dump: `desc: Trigger: Client Request: NAME` and `totals: N` (or `summary:`)."""
    out = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            text = file.read()
        case = re.search(r"^desc: Trigger: Client Request: (\S+)$", text, re.M)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
        if case and total:
            out[case.group(1)] = int(total.group(1))
    return out


def measure_instructions(program=INSTRUCTIONS, arguments=(), padding=0):
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise Broken("valgrind is not installed (make packages-test)")
    with tempfile.TemporaryDirectory() as folder:
        command = without_randomisation() + [
            valgrind, "--tool=callgrind", "--cache-sim=no", "--callgrind-out-file=" + os.path.join(folder, "out"),
            program, *arguments]
        out = json.loads(run_program(command, padding))
        executed = executed_by_case(folder)
    out["benches"] = by_name(out["benches"])
    for name, bench in out["benches"].items():
        bench["instructions"] = executed.get(name, 0)
    return out


# --- check and accept

def print_report(report):
    for bench, metric, old, new in report.failed:
        print("  %s: %s %s -> %s" % (bench, metric, old, new))
    for bench, metric, old, new in report.better:
        print("  better, keep it by `make gate-accept`: %s: %s %s -> %s" % (bench, metric, old, new))
    for text in report.broken:
        print("  broken: " + text)
    for text in report.inconclusive:
        print("  inconclusive: " + text)


def load_baseline(kinds):
    try:
        with open(BASELINE, encoding="utf-8") as file:
            baseline = json.load(file)
    except (OSError, ValueError) as error:
        raise Broken("bench/gate/baseline.json: %s" % error)
    for kind in kinds:
        if kind not in baseline:
            raise Broken("bench/gate/baseline.json has no %s (make gate-accept)" % kind)
    return baseline


def known_verdicts():
    wrong = [what for what, right in compare_test.run() if not right]
    for what in wrong:
        print("  the comparator judges wrongly: " + what)
    return len(list(compare_test.run())) - len(wrong), len(wrong)


KINDS = {"counts": (measure_counts, compare.counts), "instructions": (measure_instructions, compare.instructions)}


def check(kinds):
    passed, failed = known_verdicts()
    codes = [compare.BROKEN] if failed else []
    base = load_baseline(kinds)
    for kind in kinds:
        measure, judge = KINDS[kind]
        head = measure()
        report = judge(base[kind], head)
        print_report(report)
        print("%-13s %3d as before or better, %d not" % (kind, len(report.passed), len(report.failed_benches())))
        code = report.code()
        if code == compare.INCONCLUSIVE and head["compiler"] == DEBIAN_12_COMPILER:
            code = compare.BROKEN  # this is the compiler that CI has and the baseline must be for
        codes.append(code)
        passed += len(report.passed)
        failed += len(report.failed_benches()) + len(report.broken) + (code == compare.BROKEN and not report.broken)
    print("%d passed, %d failed" % (passed, failed))
    for code in (compare.BROKEN, compare.REGRESSION, compare.INCONCLUSIVE):
        if code in codes:
            return code
    return compare.OK


def accepted(kind, measured):
    """What of a measurement the baseline keeps; refuses what is broken."""
    benches, keep = {"counts": ("runs", ("ops", "exact", "sampled")),
                     "instructions": ("benches", ("ops", "instructions"))}[kind]
    for name, bench in measured[benches].items():
        if bench.get("error"):
            raise Broken("not accepted: %s: %s" % (name, bench["error"]))
        if bench.get("mallocs"):
            raise Broken("not accepted: %s calls malloc in its measured part" % name)
        if kind == "instructions" and not bench["instructions"]:
            raise Broken("not accepted: %s: nothing was counted" % name)
    out = {k: v for k, v in measured.items() if k != benches}
    out[benches] = {name: {k: v for k, v in bench.items() if k in keep} for name, bench in measured[benches].items()}
    return out


def accept(kinds):
    baseline = load_baseline([]) if os.path.exists(BASELINE) else {}
    for kind in kinds:
        measure, judge = KINDS[kind]
        new = accepted(kind, measure())
        if kind in baseline:
            print_report(judge(baseline[kind], new))
        baseline[kind] = new
    with open(BASELINE, "w", encoding="utf-8") as file:
        file.write(as_text({kind: baseline[kind] for kind in KINDS if kind in baseline}))
    print("bench/gate/baseline.json written: " + ", ".join(kinds))
    return 0


def as_text(value, depth=0):
    """JSON with one bench a line, so that a change shows as the lines it concerns."""
    if not isinstance(value, dict) or depth == 3:
        return json.dumps(value)
    indent = " " * (depth + 1)
    lines = ["%s%s: %s" % (indent, json.dumps(k), as_text(v, depth + 1)) for k, v in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}" + ("\n" if depth == 0 else "")


# --- self-test

# What is added to each trial's runs, and the metric that must rise in each of these benches.
INJECTED = {"allocation": "slab_allocations", "wake": "wakeups", "syscall": "syscalls"}
INJECTED_INTO = ["ping_pong", "ring", "fan_in_8", "lua_round_trip"]
PUSH = "micro/mailbox_push_pop"


def trials(what, runs, trial):
    """trial(i) tells what went wrong, or None; i from 1."""
    wrong = [text for text in (trial(i) for i in range(1, runs + 1)) if text]
    for text in wrong[:5]:
        print("  " + text)
    print("%-38s %3d of %d" % (what, runs - len(wrong), runs), flush=True)
    return not wrong


def injected_count(base, kind):
    # An extra wake-up or system call is a single one, at the i-th signal; an extra allocation is one for each signal.
    def trial(i):
        head = measure_counts(["--only", ",".join(INJECTED_INTO), "--inject", kind, "--at", str(i)], i * 37)
        failed = compare.counts(base["counts"], head, partial=True).failed
        missed = [b for b in INJECTED_INTO if (b, INJECTED[kind]) not in {(f[0], f[1]) for f in failed}]
        return "%s at %d not noticed in %s" % (kind, i, ", ".join(missed)) if missed else None
    return trial


def injected_instructions(base):
    def trial(i):
        head = measure_instructions(INSTRUCTIONS_BAD, ["--only", PUSH], i * 37)
        failed = compare.instructions(base["instructions"], head, partial=True).failed_benches()
        return None if failed == [PUSH] else "two instructions in push not noticed in trial %d" % i
    return trial


def no_change(base, kind):
    measure, judge = KINDS[kind]

    def trial(i):
        report = judge(base[kind], measure(padding=i * 37))
        if report.code() == compare.OK and not report.better:
            return None
        return "%s, trial %d: %s" % (kind, i, (report.failed + report.better + report.broken + report.inconclusive)[:3])
    return trial


def selftest(runs):
    passed, failed = known_verdicts()
    base = load_baseline(KINDS)
    results = [trials("one more %s noticed" % kind, runs, injected_count(base, kind)) for kind in INJECTED]
    results.append(trials("two more instructions noticed", runs, injected_instructions(base)))
    results += [trials("no change, %s: nothing raised" % kind, runs, no_change(base, kind))
                for kind in ("counts", "instructions")]
    passed, failed = passed + sum(results), failed + len(results) - sum(results)
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 else 1


def main():
    words = sys.argv[1:]
    try:
        if words[:1] in (["check"], ["accept"]) and set(words[1:]) <= set(KINDS):
            return {"check": check, "accept": accept}[words[0]](words[1:] or list(KINDS))
        if words[:1] == ["selftest"]:
            return selftest(int(words[2]) if words[1:2] == ["--runs"] else RUNS)
    except Broken as error:
        print("gate: %s\n0 passed, 1 failed" % error)
        return compare.BROKEN
    print(__doc__)
    return compare.BROKEN


if __name__ == "__main__":
    sys.exit(main())
