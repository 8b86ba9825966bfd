#!/usr/bin/env python3
"""make tidy: what a compiler does not check. Closes with `N passed, N failed`.

Every check is first run over a scratch tree with planted violations (selftest.py): a check that cannot fail proves nothing.
Usage: tidy.py [check...]       default: all, with the self-test
       tidy.py --transcribed    writes the present hashes into tests/model/transcribed.txt: after the copies were looked at
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import checks  # noqa: E402
import selftest  # noqa: E402


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    wanted = sys.argv[1:]
    if wanted == ["--transcribed"]:
        checks.write_transcribed(checks.Tree(root))
        return 0
    known = {check.__name__ for check in checks.CHECKS}
    if set(wanted) - known:
        raise SystemExit("tidy: no such check; there are: " + " ".join(sorted(known)))
    passed = failed = 0
    tree = checks.Tree(root)
    for check in checks.CHECKS:
        if wanted and check.__name__ not in wanted:
            continue
        violations = list(check(tree))
        for violation in violations:
            print("  " + violation)
        print("%-18s %s" % (check.__name__, "ok" if not violations else "%d violations" % len(violations)))
        if check is checks.core_lines:
            print("  core: %d lines, at most %d" % (checks.core_raw_lines(tree), checks.rules.CORE_LINES - 1))
        passed, failed = (passed + 1, failed) if not violations else (passed, failed + 1)
    if not wanted:
        results = list(selftest.run())
        for name, ok in results:
            if not ok:
                print("  self-test: " + name)
        found = sum(ok for _, ok in results)
        print("%-18s %d of %d planted trees judged rightly" % ("self-test", found, len(results)))
        passed, failed = passed + found, failed + len(results) - found
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
