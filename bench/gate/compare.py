"""Verdicts of the count gate: what was measured against the committed baseline. Pure functions, no files, no processes.

exact counts     one more is a regression.
sampled counts   runs whose workers race: mean and standard deviation over fixed seeds. The same code gives the same numbers,
                 but a harmless change elsewhere draws other schedules; a regression is a mean that is higher by more than
                 four standard errors of the difference.
instructions     more than 0.5 % and more than 2,000 above: with 8,192 operations one more each is above the floor.

A lower number never fails; it asks for a new baseline, so that the gain cannot be lost unnoticed.
"""

import math

OK, REGRESSION, BROKEN, INCONCLUSIVE = 0, 1, 2, 3

# Frame sizes and what the standard library allocates are the compiler's choice.
COMPILER_DEPENDENT = {"slab_allocations", "mallocs", "arena_allocations", "allocated_bytes", "bytes_per_process"}
STANDARD_ERRORS = 4
INSTRUCTIONS_FRACTION, INSTRUCTIONS_FLOOR = 0.005, 2000


class Report:
    def __init__(self):
        self.passed = []    # benches
        self.failed = []    # (bench, metric, old, new): regressions and what cannot be compared
        self.better = []    # the same, lower than the baseline
        self.broken = []    # text
        self.inconclusive = []  # text

    def failed_benches(self):
        return sorted({f[0] for f in self.failed})

    def code(self):
        if self.broken:
            return BROKEN
        if self.failed:
            return REGRESSION
        return INCONCLUSIVE if self.inconclusive else OK


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _judge(report, bench, metric, old, new, allowed):
    if new > old + allowed:
        report.failed.append((bench, metric, old, new))
        return False
    if new < old - allowed:
        report.better.append((bench, metric, old, new))
    return True


def _exact(report, bench, base, head, skip):
    fine = True
    for metric in sorted(set(base) | set(head)):
        if metric in skip:
            continue
        old, new = base.get(metric), head.get(metric)
        if old is None or new is None:
            report.failed.append((bench, metric, "absent" if old is None else old, "absent" if new is None else new))
            fine = False
        elif not (_number(old) and _number(new)):
            report.broken.append("%s: %s is no count: %r, %r" % (bench, metric, old, new))
        else:
            fine &= _judge(report, bench, metric, old, new, 0)
    return fine


def _sampled(report, bench, base, head, skip, seeds):
    fine = True
    for metric in sorted(set(base) | set(head)):
        if metric in skip:
            continue
        old, new = base.get(metric), head.get(metric)
        if old is None or new is None:
            report.failed.append((bench, metric, "absent" if old is None else old["mean"],
                                  "absent" if new is None else new["mean"]))
            fine = False
        elif not all(_number(x) for x in (old["mean"], old["sd"], new["mean"], new["sd"])):
            report.broken.append("%s: %s is no sample: %r, %r" % (bench, metric, old, new))
        else:
            error = math.sqrt((old["sd"] ** 2 + new["sd"] ** 2) / seeds)
            fine &= _judge(report, bench, metric, old["mean"], new["mean"], STANDARD_ERRORS * error)
    return fine


def _pairs(report, base, head, partial):
    """Benches of both sides; a bench that only one side has fails."""
    for bench in sorted(set(base) | set(head)):
        if bench not in head:
            if not partial:
                report.failed.append((bench, "bench", "present", "absent"))
        elif bench not in base:
            report.failed.append((bench, "bench", "absent", "present"))
        elif head[bench].get("error"):
            report.broken.append("%s: %s" % (bench, head[bench]["error"]))
        elif base[bench]["ops"] != head[bench]["ops"]:
            report.failed.append((bench, "ops", base[bench]["ops"], head[bench]["ops"]))
        else:
            yield bench, base[bench], head[bench]


def counts(base, head, partial=False):
    """base, head: {compiler, seeds, runs: {name: {ops, exact | sampled}}}; partial: head ran only some of the benches."""
    report = Report()
    skip = set()
    if base["compiler"] != head["compiler"]:
        skip = COMPILER_DEPENDENT
        report.inconclusive.append("the baseline of %s is for compiler %s, this is %s" % (
            ", ".join(sorted(skip)), base["compiler"], head["compiler"]))
    if base["build"] != head["build"]:
        report.broken.append("counts: the baseline was built with %s, this with %s" % (base["build"], head["build"]))
        return report
    for bench, old, new in _pairs(report, base["runs"], head["runs"], partial):
        if "exact" in old and "exact" in new:
            fine = _exact(report, bench, old["exact"], new["exact"], skip)
        elif "sampled" in old and "sampled" in new and base["seeds"] == head["seeds"]:
            fine = _sampled(report, bench, old["sampled"], new["sampled"], skip, head["seeds"])
        else:
            report.failed.append((bench, "kind of run", "another", "this"))
            fine = False
        if fine:
            report.passed.append(bench)
    return report


def instructions(base, head, partial=False):
    """base, head: {compiler, build, benches: {name: {ops, instructions}}}."""
    report = Report()
    for what in ("compiler", "build"):
        if base[what] != head[what]:
            report.inconclusive.append("the baseline of instructions is for %s %s, this is %s" % (what, base[what], head[what]))
    if report.inconclusive:
        return report
    for bench, old, new in _pairs(report, base["benches"], head["benches"], partial):
        if not (_number(old["instructions"]) and _number(new["instructions"]) and new["instructions"] > 0):
            report.broken.append("%s: no number of instructions: %r" % (bench, new["instructions"]))
            continue
        if new.get("mallocs"):
            report.broken.append("%s: calls malloc %d times in its measured part" % (bench, new["mallocs"]))
            continue
        allowed = max(INSTRUCTIONS_FRACTION * old["instructions"], INSTRUCTIONS_FLOOR)
        if _judge(report, bench, "instructions", old["instructions"], new["instructions"], allowed):
            report.passed.append(bench)
    return report
