"""Hand-made pairs with known verdicts: a comparator that cannot fail proves nothing. Run by gate.py before it judges."""

import copy
import math

import compare

BASE = {"compiler": "12.2.0", "build": "-O2", "seeds": 25, "runs": {
    "a": {"ops": 10, "exact": {"steps": 100, "mallocs": 0}},
    "b": {"ops": 10, "sampled": {"steals": {"mean": 50.0, "sd": 5.0}, "copied_bytes": {"mean": 64.0, "sd": 0.0}}}}}
INSTRUCTIONS = {"compiler": "12.2.0", "build": "-O2", "benches": {
    "push": {"ops": 8192, "instructions": 163840}, "long": {"ops": 8192, "instructions": 8192000}}}


def _with(base, path, value):
    out = copy.deepcopy(base)
    at = out
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return out


def _cases():
    exact, b = ["runs", "a", "exact"], ["runs", "b", "sampled"]
    yield "the same", compare.counts, BASE, BASE, 0, []
    yield "one more step", compare.counts, BASE, _with(BASE, exact + ["steps"], 101), 1, ["a"]
    yield "one step less", compare.counts, BASE, _with(BASE, exact + ["steps"], 99), 0, []
    yield "from zero to one", compare.counts, BASE, _with(BASE, exact + ["mallocs"], 1), 1, ["a"]
    yield "a metric is gone", compare.counts, BASE, _with(BASE, exact + ["mallocs"], None), 1, ["a"]
    yield "a metric is new", compare.counts, BASE, _with(BASE, exact + ["wakeups"], 0), 1, ["a"]
    yield "a bench is gone", compare.counts, BASE, _with(BASE, ["runs", "a"], None), 1, ["a"]
    yield "a bench is new", compare.counts, _with(BASE, ["runs", "a"], None), BASE, 1, ["a"]
    yield "another amount", compare.counts, BASE, _with(BASE, ["runs", "a", "ops"], 11), 1, ["a"]
    yield "a wrong answer", compare.counts, BASE, _with(BASE, ["runs", "a", "error"], "lost one"), 2, []
    yield "not a number", compare.counts, BASE, _with(BASE, exact + ["steps"], math.nan), 2, []
    yield "negative", compare.counts, BASE, _with(BASE, exact + ["steps"], -1), 2, []
    yield "within the noise", compare.counts, BASE, _with(BASE, b + ["steals", "mean"], 55.0), 0, []
    yield "beyond the noise", compare.counts, BASE, _with(BASE, b + ["steals", "mean"], 56.0), 1, ["b"]
    yield "no noise, a little more", compare.counts, BASE, _with(BASE, b + ["copied_bytes", "mean"], 64.1), 1, ["b"]
    yield "other seeds", compare.counts, BASE, _with(BASE, ["seeds"], 26), 1, ["b"]
    yield "other compiler, compiler's choice", compare.counts, BASE, _with(_with(
        BASE, ["compiler"], "14.2.0"), exact + ["mallocs"], 7), 3, []
    yield "other compiler, our choice", compare.counts, BASE, _with(_with(
        BASE, ["compiler"], "14.2.0"), exact + ["steps"], 101), 1, ["a"]
    yield "other flags", compare.counts, BASE, _with(BASE, ["build"], "-O0"), 2, []
    push, long = ["benches", "push", "instructions"], ["benches", "long", "instructions"]
    yield "the same instructions", compare.instructions, INSTRUCTIONS, INSTRUCTIONS, 0, []
    yield "one more each", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, push, 163840 + 8192), 1, ["push"]
    yield "2,000 more in all", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, push, 165840), 0, []
    yield "0.5 % of a long one", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, long, 8232960), 0, []
    yield "0.6 % of a long one", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, long, 8241152), 1, ["long"]
    yield "nothing executed", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, push, 0), 2, []
    yield "malloc inside", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, ["benches", "push", "mallocs"], 1), 2, []
    yield "another compiler", compare.instructions, INSTRUCTIONS, _with(INSTRUCTIONS, ["compiler"], "13.1.0"), 3, []


def run():
    """Yields (what, whether the verdict is right)."""
    for what, judge, base, head, code, failed in _cases():
        report = judge(base, head)
        yield what, report.code() == code and report.failed_benches() == failed
