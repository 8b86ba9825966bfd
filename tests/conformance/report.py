#!/usr/bin/env python3
"""tests/conformance/report.py BUILD [--no-run]   which promises of each list are shown by passing tests.

BUILD is a build folder (build/release). Results of `make test` are used when they are fresh; otherwise those tests are run,
with --no-run they are missing. Of a list that is `required` (its file's first line) it fails if a promise of a requirement
text or of our own design is not shown or a test of it fails, or if fewer than 95 % of the others are; an `informational` list
is only told. It also fails if a test names a number that is in no list, if a block of the seeds does not run, or if a result
is missing. Closes with `N passed, N failed`: these rules, not the promises.
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import promises as lists  # noqa: E402
import results  # noqa: E402

# Origins that are judged together, and the share of what they owe that must be shown.
GROUPS = ((("seed", "seed+"), 1.0), (("design",), 1.0), (("upstream", "upstream+"), 0.95))
# The texts whose code runs block by block: seed -> kind of blocks counted (None: all).
SEEDS = {"001": None, "000": "lua"}
STATES = ("passed", "failed", "not covered", "overruled", "not owed here")


class Report:
    """What the cases show of one list."""

    def __init__(self, made, excuses, cases):
        self.name, self.letter, self.required = made.name, made.letter, made.required
        self.promises, self.areas, self.excuses = made.promises, made.areas, excuses
        self.tests = {number: [] for number in made.promises}
        self.unknown = []
        for case in cases:
            for number in lists.numbers_in(case.name):
                if number in made.promises:
                    self.tests[number].append(case)
                elif number.startswith(made.letter):
                    self.unknown.append(f"{number} is not in the list: {case.where}: {case.name}")

    def state(self, number):
        """A failing test is told even of a promise that is not asked for."""
        tests = self.tests[number]
        if any(not t.passed for t in tests):
            return "failed"
        if number in self.excuses:
            return "overruled" if self.excuses[number].kind == "overruled" else "not owed here"
        return "passed" if tests else "not covered"

    def counts(self, chosen):
        states = [self.state(p.number) for p in chosen]
        return [states.count(s) for s in STATES] + [len(states)]

    def table(self, title, rows):
        lines = ["%-24s%8s%8s%13s%11s%15s%7s" % (title, *STATES, "total")]
        for name, chosen in rows:
            lines.append("%-24s%8d%8d%13d%11d%15d%7d" % (name, *self.counts(chosen)))
        return lines

    def summary(self):
        """One line."""
        passed, failed, _, overruled, not_owed, total = self.counts(self.promises.values())
        return (f"{self.name} ({'required' if self.required else 'informational'}): {passed + failed} covered, {passed} passed, "
                f"{overruled} overruled, {not_owed} not owed here, {total} in all")

    def everything(self):
        everyone = list(self.promises.values())
        areas = [(f"{a} {name}", [p for p in everyone if p.area == a]) for a, name in self.areas.items()]
        used = [t for t in lists.TAGS if any(p.tag == t for p in everyone)]
        tags = [(f"[{t}]", [p for p in everyone if p.tag == t]) for t in used]
        return [self.summary(), *self.table("area", areas), "", *self.table("from", tags + [("all", everyone)])]

    def open_items(self):
        """Every promise that no passing test shows, and why."""
        for p in self.promises.values():
            state = self.state(p.number)
            if state == "passed":
                continue
            why = state
            if state == "failed":
                why += ": " + ", ".join(f"{t.where} {t.name}" for t in self.tests[p.number] if not t.passed)
            elif p.number in self.excuses:
                why += ": " + self.excuses[p.number].reason
                if self.tests[p.number]:
                    why += " (shown all the same)"
            yield f"{p.number} [{p.tag}] {p.title}: {why}"

    def owed(self, tags):
        return [p for p in self.promises.values()
                if p.tag in tags and self.state(p.number) not in ("overruled", "not owed here")]

    def rules(self):
        """(what, holds) for each rule about the promises."""
        for tags, least in GROUPS:
            if not any(p.tag in tags for p in self.promises.values()):
                continue
            owed = self.owed(tags)
            shown = [p for p in owed if self.state(p.number) == "passed"]
            share = len(shown) / len(owed) if owed else 1.0
            yield (f"{self.name} [{', '.join(tags)}]: {len(shown)} of {len(owed)} owed are shown ({share:.1%}), "
                   f"{'all' if least == 1 else f'{least:.0%}'} must be", share >= least)


def judged(reports):
    """The rules of the required lists and about numbers, which count; those of the informational lists, which are only told."""
    counted = [rule for r in reports if r.required for rule in r.rules()]
    unknown = [line for r in reports for line in r.unknown]
    counted.append((f"{len(unknown)} numbers in names of tests that are in no list", not unknown))
    return counted, [rule for r in reports if not r.required for rule in r.rules()]


def blocks_run(blocks, cases, seed, kind):
    """The counted blocks of a seed, and those of them that a passing case runs and no failing one."""
    counted = [b["id"] for b in blocks if b["seed"] == seed and kind in (None, b["kind"])]
    by_block = {b: [c for c in cases if c.where == "seeds" and re.search(rf"\b{b}\b", c.name)] for b in counted}
    return counted, [b for b, named in by_block.items() if named and all(c.passed for c in named)]


def check_blocks(cases):
    blocks = json.loads((results.ROOT / "tests/seeds/blocks.json").read_text(encoding="utf-8"))["blocks"]
    for seed, kind in SEEDS.items():
        counted, run = blocks_run(blocks, cases, seed, kind)
        missing = "".join(f", not {b}" for b in counted if b not in run)
        yield f"seed {seed}: {len(run)} of {len(counted)} {kind or 'code'} blocks run{missing}", len(run) == len(counted)


def main(arguments):
    if not arguments or set(arguments[1:]) - {"--no-run"}:
        sys.exit(__doc__)
    build = Path(arguments[0]).resolve()
    made = lists.load_lists()
    excuses = lists.load_exceptions(made)
    cases, missing = results.collect(build, run="--no-run" not in arguments)
    reports = [Report(one, excuses, cases) for one in made]
    for report in reports:
        print("\n".join(report.everything()))
        print(f"\n{report.name}: not shown by a passing test:")
        print("\n".join(f"  {line}" for line in report.open_items()) or "  nothing", end="\n\n")
    for line in [line for report in reports for line in report.unknown] + missing:
        print(line)
    counted, told = judged(reports)
    counted += [*check_blocks(cases), (f"{len(missing)} results are missing", not missing)]
    for what, holds in told:
        print(f"{'ok  ' if holds else 'open'} {what} (informational)")
    for what, holds in counted:
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
    failed = sum(not holds for _, holds in counted)
    print(f"{len(counted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
