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

LIST = """list C required
= A one
C-001 seed     first
C-002 design   second
= B two
""" + "".join(f"C-{n:03} upstream number {n}\n" for n in range(3, 23)) + "C-023 seed     later\nC-024 upstream beaten\n"
HOST = """list H required
= A one
H-001 seed      first
H-002 seed+     second
""" + "".join(f"H-{n:03} upstream{'+' if n % 2 else ' '} number {n}\n" for n in range(3, 23)) + "H-023 upstream+ beaten\n"
EXCEPTIONS = "C-023 not-owed comes later\nC-024 overruled by the king: he said so\n"
HOST_EXCEPTIONS = EXCEPTIONS + "H-023 overruled by the queen: she said so\n"
ALL = ["C001_C002_both"] + [f"C{n:03}_x" for n in range(3, 23)]
ALL_HOST = [f"H{n:03}_x" for n in range(1, 23)]
PROCESS_SEED, PROCESS_DESIGN, PROCESS_UPSTREAM = (f"process [{t}]" for t in ("seed, seed+", "design", "upstream, upstream+"))
HOST_SEED, HOST_UPSTREAM = (f"host [{t}]" for t in ("seed, seed+", "upstream, upstream+"))
INFORMATIONAL = HOST.replace("required", "informational")


def gtest(names, failing=(), skipped=()):
    tests = [{"name": n, "status": "RUN", "result": "SKIPPED" if n in skipped else "COMPLETED",
              **({"failures": [{"failure": "no"}]} if n in failing else {})} for n in names]
    return {"testsuites": [{"name": "Suite", "testsuite": tests}]}


def load(place, list_text, exceptions, host_text):
    names = ["process", *(["host"] if host_text else [])]
    (place / "process.txt").write_text(list_text, encoding="utf-8")
    (place / "host.txt").write_text(host_text, encoding="utf-8")
    (place / "exceptions.txt").write_text(exceptions, encoding="utf-8")
    made = lists.load_lists(place, names)
    return made, lists.load_exceptions(made, place)


def judge_all(document, suite=None, list_text=LIST, exceptions=EXCEPTIONS, host_text=""):
    """Over one executable's and one suite's results: (counted rules that do not hold, told ones, reports, cases)."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "unit_x.json").write_text(json.dumps(document), encoding="utf-8")
        (place / "seeds.json").write_text(json.dumps(suite or {}), encoding="utf-8")
        made, excuses = load(place, list_text, exceptions, host_text)
        cases = [*results.cases_of_gtest(place / "unit_x.json"), *results.cases_of_suite(place / "seeds.json")]
        reports = [report.Report(one, excuses, cases) for one in made]
        broken = [[what.split(":")[0] for what, holds in rules if not holds] for rules in report.judged(reports)]
        return *broken, reports, cases


def judge(document, suite=None, list_text=LIST, exceptions=EXCEPTIONS):
    """The same with the process list alone: (rules that do not hold, report, cases)."""
    broken, _, reports, cases = judge_all(document, suite, list_text, exceptions)
    return broken, reports[0], cases


def judge_host(names, failing=(), host_text=HOST):
    """The process list is all well, `names` are about the other one: (counted, told, its report)."""
    document = gtest([*ALL, *names], failing=failing)
    counted, told, reports, _ = judge_all(document, exceptions=HOST_EXCEPTIONS, host_text=host_text)
    return counted, told, reports[1]


def all_is_well():
    broken, made, _ = judge(gtest(ALL))
    return not broken and made.state("C-023") == "not owed here" and made.state("C-024") == "overruled"


def a_wrong_number():
    broken, made, _ = judge(gtest([*ALL, "C999_nobody"]))
    return len(broken) == 1 and "C-999" in made.unknown[0]


def a_missing_seed_item():
    broken, made, _ = judge(gtest([n for n in ALL if "C001" not in n] + ["C002_x"]))
    return broken == [PROCESS_SEED] and any(line.startswith("C-001") and "not covered" in line for line in made.open_items())


def a_missing_design_item():
    return judge(gtest([n for n in ALL if "C001" not in n] + ["C001_x"]))[0] == [PROCESS_DESIGN]


def a_failing_test_beside_a_passing_one():
    broken, made, _ = judge(gtest([*ALL, "C001_again"], failing=["C001_again"]))
    return broken == [PROCESS_SEED] and made.state("C-001") == "failed"


def a_skipped_test_shows_nothing():
    return judge(gtest(ALL, skipped=["C001_C002_both"]))[0] == [PROCESS_SEED, PROCESS_DESIGN]


def a_failing_test_of_an_exception():
    return judge(gtest([*ALL, "C023_x"], failing=["C023_x"]))[0] == [PROCESS_SEED]


def nineteen_of_twenty_upstream_will_do():
    return judge(gtest(ALL[:-1]))[0] == [] and judge(gtest(ALL[:-2]))[0] == [PROCESS_UPSTREAM]


def a_failing_upstream_item_counts_against_the_share():
    return judge(gtest(ALL, failing=ALL[-2:]))[0] == [PROCESS_UPSTREAM]


def lists_are_judged_apart():
    well = judge_host(ALL_HOST)
    return (well[:2] == ([], []) and well[2].state("H-023") == "overruled"
            and judge_host(ALL_HOST[1:])[0] == [HOST_SEED]
            and judge_host([n for n in ALL_HOST if "H002" not in n])[0] == [HOST_SEED]
            and judge_host([])[0] == [HOST_SEED, HOST_UPSTREAM])


def both_kinds_of_upstream_share_their_twentieth():
    return judge_host(ALL_HOST[:-1])[0] == [] and judge_host(ALL_HOST[:-2])[0] == [HOST_UPSTREAM]


def one_of_forty_of_a_requirement_text_is_too_few():
    many = "list H required\n= A one\n" + "".join(f"H-{n:03} seed{'+' if n % 2 else ' '} number {n}\n" for n in range(1, 41))
    names = [f"H{n:03}_x" for n in range(1, 41)]
    judged = [judge_all(gtest([*ALL, *some]), host_text=many)[0] for some in (names, names[1:], names[:-1])]
    return judged == [[], [HOST_SEED], [HOST_SEED]]


def an_informational_list_is_told_and_fails_nothing():
    counted, told, made = judge_host([], host_text=INFORMATIONAL)
    failing, told_too, _ = judge_host(ALL_HOST, failing=["H001_x"], host_text=INFORMATIONAL)
    told_rightly = told == [HOST_SEED, HOST_UPSTREAM] and told_too == [HOST_SEED]
    return counted == failing == [] and told_rightly and made.summary().startswith("host (informational): 0 covered, 0 passed")


def a_wrong_number_of_an_informational_list_fails():
    counted, _, made = judge_host([*ALL_HOST, "H999_nobody"], host_text=INFORMATIONAL)
    return len(counted) == 1 and len(made.unknown) == 1 and "H-999" in made.unknown[0]


def the_summary_counts():
    made = judge_host(ALL_HOST, failing=["H003_x"])[2]
    return made.summary() == "host (required): 22 covered, 21 passed, 1 overruled, 0 not owed here, 23 in all"


def an_origin_that_a_list_does_not_have_is_no_rule():
    return not any("design" in what for what, _ in judge_host(ALL_HOST)[2].rules())


def names_of_tests():
    several = lists.numbers_in("C221_to_C226_TheBasics") == {f"C-{n}" for n in range(221, 227)}
    forms = lists.numbers_in("003-04 C-332 explicit link") == lists.numbers_in("B_Send.C_332_x") == {"C-332"}
    return several and forms and not lists.numbers_in("ABC123 C1234 X-100 TheC100 H-1000 XT100 T_01")


def names_of_tests_of_the_other_lists():
    forms = [f.replace("H", letter) for letter in "HT" for f in ("Boot.H201_x", "H-201 deny", "F_Security.H_201_x", "(H-201)")]
    ranges = lists.numbers_in("Types.T001_to_T003_x H-140_to_H-141") == {"T-001", "T-002", "T-003", "H-140", "H-141"}
    mixed = lists.numbers_in("C239_H195_T007_Names, H-271") == {"C-239", "H-195", "T-007", "H-271"}
    return (all(len(lists.numbers_in(f)) == 1 for f in forms) and lists.numbers_in(forms[0]) == {"H-201"} and ranges and mixed
            and lists.numbers_in("T001_to_H003") == {"T-001", "H-003"})


def suites_count_as_well():
    return judge(gtest([n for n in ALL if "C001" not in n]), {"000-01 C-001 C-002 words": True})[0] == []


def refused(list_text=LIST, exceptions="", host_text=""):
    with tempfile.TemporaryDirectory() as directory:
        try:
            load(Path(directory), list_text, exceptions, host_text)
            return False
        except lists.BadList:
            return True


def bad_lists_are_refused():
    swapped = LIST.replace("C-001", "C-00X").replace("C-002", "C-001").replace("C-00X", "C-002")
    bad = [LIST + "C-024 seed twice\n", LIST + "C-25 seed short\n", LIST + "C-025 rumour no tag\n", LIST + "C-026 seed a gap\n",
           LIST + "H-025 seed of another list\n", LIST + f"C-025 seed {'x' * 91}\n", LIST + "= A again\n", swapped,
           LIST.replace("list C required\n", ""), LIST.replace("required", "optional"), LIST.replace("= A one\n", ""),
           "list C required\n"]
    return (not refused(LIST + f"C-025 seed {'x' * 90}\n", EXCEPTIONS) and all(refused(text) for text in bad)
            and refused(host_text=HOST.replace("list H", "list C").replace("H-", "C-")))


def bad_exceptions_are_refused():
    bad = ["C-999 not-owed nobody\n", "C-001 because\n", "H-001 not-owed no such list\n", "C-001 not-owed a\nC-001 not-owed b\n"]
    return all(refused(exceptions=text) for text in bad) and not refused(exceptions=HOST_EXCEPTIONS, host_text=HOST)


def the_real_lists():
    """Every list is whole, its exceptions are of it."""
    made = lists.load_lists()
    lists.load_exceptions(made)
    sizes = [(one.name, one.letter, len(one.promises)) for one in made]
    return sizes == [("process", "C", 337), ("host", "H", 308), ("typed", "T", 103)]


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
         a_failing_upstream_item_counts_against_the_share, lists_are_judged_apart, both_kinds_of_upstream_share_their_twentieth,
         one_of_forty_of_a_requirement_text_is_too_few, an_informational_list_is_told_and_fails_nothing,
         a_wrong_number_of_an_informational_list_fails, the_summary_counts, an_origin_that_a_list_does_not_have_is_no_rule, names_of_tests,
         names_of_tests_of_the_other_lists, suites_count_as_well,
         bad_lists_are_refused, bad_exceptions_are_refused, the_real_lists, blocks, old_results_do_not_count]


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
