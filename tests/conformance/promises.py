"""The list of promises (process.txt), what is not asked for (exceptions.txt), and the numbers in the names of tests."""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TAGS = ("seed", "design", "upstream")
PROMISE = re.compile(r"(C-\d{3}) +(\w+) +(\S.*)")
AREA = re.compile(r"= ([A-Z]) (\S.*)")
EXCEPTION = re.compile(r"(C-\d{3}) +(?:(not-owed) +(\S.*)|overruled by ([^:]+): *(\S.*))")
# C-172, C_172, C172; C221_to_C226 names all six.
RANGE = re.compile(r"(?<![A-Za-z0-9])C[-_]?(\d{3})_to_C[-_]?(\d{3})(?!\d)")
NUMBER = re.compile(r"(?<![A-Za-z0-9])C[-_]?(\d{3})(?!\d)")


@dataclass
class Promise:
    number: str
    area: str
    tag: str
    title: str


@dataclass
class Excuse:
    kind: str  # "not-owed" or "overruled"
    reason: str


class BadList(Exception):
    pass


def content(path):
    """Numbered lines without comments."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{path.name}:{number}", line.rstrip()


def load_promises(directory=HERE):
    """number -> Promise, and area letter -> its name; both in the list's order."""
    promises, areas, area = {}, {}, ""
    for place, line in content(directory / "process.txt"):
        if heading := AREA.fullmatch(line):
            area = heading.group(1)
            areas[area] = heading.group(2)
            continue
        row = PROMISE.fullmatch(line)
        if row is None or row.group(2) not in TAGS or not area:
            raise BadList(f"{place}: not a promise: {line}")
        if row.group(1) in promises:
            raise BadList(f"{place}: {row.group(1)} is there twice")
        promises[row.group(1)] = Promise(row.group(1), area, row.group(2), row.group(3))
    return promises, areas


def load_exceptions(promises, directory=HERE):
    excuses = {}
    for place, line in content(directory / "exceptions.txt"):
        row = EXCEPTION.fullmatch(line)
        if row is None or row.group(1) not in promises or row.group(1) in excuses:
            raise BadList(f"{place}: not an exception from the list: {line}")
        if row.group(2):
            excuses[row.group(1)] = Excuse("not-owed", row.group(3))
        else:
            excuses[row.group(1)] = Excuse("overruled", f"by {row.group(4)}: {row.group(5)}")
    return excuses


def numbers_in(name):
    """The promises that a test of this name claims to show."""
    found = set()
    for first, last in RANGE.findall(name):
        found.update(range(int(first), int(last) + 1))
    found.update(int(n) for n in NUMBER.findall(name))
    return {f"C-{n:03}" for n in sorted(found)}
