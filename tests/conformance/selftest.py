#!/usr/bin/env python3
"""What report.py must notice: made-up lists and results, judged. Closes with `N passed, N failed`."""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import promises as lists  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402

LIST = """= A one
C-001 seed     first
C-002 design   second
= B two
""" + "".join(f"C-{n:03} upstream number {n}\n" for n in range(3, 23)) + "C-023 seed     later\nC-024 upstream beaten\n"
EXCEPTIONS = "C-023 not-owed comes later\nC-024 overruled by the king: he said so\n"


def gtest(names, failing=(), skipped=()):
    tests = [{"name": n, "status": "RUN", "result": "SKIPPED" if n in skipped else "COMPLETED",
              **({"failures": [{"failure": "no"}]} if n in failing else {})} for n in names]
    return {"testsuites": [{"name": "Suite", "testsuite": tests}]}


def judge(document, suite=None, list_text=LIST, exceptions=EXCEPTIONS):
    """The report over one executable's and one suite's results: (rules that do not hold, report, cases)."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "process.txt").write_text(list_text, encoding="utf-8")
        (place / "exceptions.txt").write_text(exceptions, encoding="utf-8")
        (place / "unit_x.json").write_text(json.dumps(document), encoding="utf-8")
        (place / "seeds.json").write_text(json.dumps(suite or {}), encoding="utf-8")
        promises, areas = lists.load_promises(place)
        cases = [*results.cases_of_gtest(place / "unit_x.json"), *results.cases_of_suite(place / "seeds.json")]
        made = report.Report(promises, areas, lists.load_exceptions(promises, place), cases)
        return [what.split(":")[0] for what, holds in made.rules() if not holds], made, cases


ALL = ["C001_C002_both"] + [f"C{n:03}_x" for n in range(3, 23)]


def all_is_well():
    broken, made, _ = judge(gtest(ALL))
    return not broken and made.state("C-023") == "not owed here" and made.state("C-024") == "overruled"


def a_wrong_number():
    broken, made, _ = judge(gtest([*ALL, "C999_nobody"]))
    return len(broken) == 1 and "C-999" in made.unknown[0]


def a_missing_seed_item():
    broken, made, _ = judge(gtest([n for n in ALL if "C001" not in n] + ["C002_x"]))
    return broken == ["[seed]"] and any(line.startswith("C-001") and "not covered" in line for line in made.open_items())


def a_missing_design_item():
    return judge(gtest([n for n in ALL if "C001" not in n] + ["C001_x"]))[0] == ["[design]"]


def a_failing_test_beside_a_passing_one():
    broken, made, _ = judge(gtest([*ALL, "C001_again"], failing=["C001_again"]))
    return broken == ["[seed]"] and made.state("C-001") == "failed"


def a_skipped_test_shows_nothing():
    return judge(gtest(ALL, skipped=["C001_C002_both"]))[0] == ["[seed]", "[design]"]


def a_failing_test_of_an_exception():
    return judge(gtest([*ALL, "C023_x"], failing=["C023_x"]))[0] == ["[seed]"]


def nineteen_of_twenty_upstream_will_do():
    return judge(gtest(ALL[:-1]))[0] == [] and judge(gtest(ALL[:-2]))[0] == ["[upstream]"]


def a_failing_upstream_item_counts_against_the_share():
    return judge(gtest(ALL, failing=ALL[-2:]))[0] == ["[upstream]"]


def names_of_tests():
    several = lists.numbers_in("C221_to_C226_TheBasics") == {f"C-{n}" for n in range(221, 227)}
    forms = lists.numbers_in("003-04 C-332 explicit link") == lists.numbers_in("B_Send.C_332_x") == {"C-332"}
    return several and forms and not lists.numbers_in("ABC123 C1234 H-100 TheC100")


def suites_count_as_well():
    return judge(gtest([n for n in ALL if "C001" not in n]), {"000-01 C-001 C-002 words": True})[0] == []


def bad_lists_are_refused():
    for text, exceptions in ((LIST + "C-001 seed twice\n", ""), (LIST + "C-1 seed short\n", ""),
                             (LIST + "C-025 rumour no tag\n", ""), (LIST, "C-999 not-owed nobody\n"), (LIST, "C-001 because\n")):
        try:
            judge(gtest(ALL), list_text=text, exceptions=exceptions)
            return False
        except lists.BadList:
            pass
    return True


def blocks():
    table = [{"id": f"001-0{i}", "seed": "001", "kind": "lua"} for i in (1, 2, 3)] + [{"id": "000-01", "seed": "000", "kind": "yaml"}]
    _, _, cases = judge(gtest([]), {"001-01 001-02 good": True, "001-02 again": False, "texts: whatever 001-03": True})
    return (report.blocks_run(table, cases, "001", None) == (["001-01", "001-02", "001-03"], ["001-01", "001-03"])
            and report.blocks_run(table, cases, "000", "lua") == ([], []))


def old_results_do_not_count():
    with tempfile.TemporaryDirectory() as directory:
        result, binary = Path(directory, "x.json"), Path(directory, "x")
        binary.write_text("x", encoding="utf-8")
        missing = results.is_fresh(result, [binary])
        result.write_text("{}", encoding="utf-8")
        os.utime(result, (1000, 1000))
        old = results.is_fresh(result, [binary])
        os.utime(binary, (999, 999))
        return not missing and not old and results.is_fresh(result, [binary])


TESTS = [all_is_well, a_wrong_number, a_missing_seed_item, a_missing_design_item, a_failing_test_beside_a_passing_one,
         a_skipped_test_shows_nothing, a_failing_test_of_an_exception, nineteen_of_twenty_upstream_will_do,
         a_failing_upstream_item_counts_against_the_share, names_of_tests, suites_count_as_well, bad_lists_are_refused, blocks,
         old_results_do_not_count]


def main():
    failed = 0
    for test in TESTS:
        good = test()
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {test.__name__}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
