"""The lists of promises (*.txt), what is not asked for (exceptions.txt), and the numbers in the names of tests."""

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = ("process", "host", "typed")
TAGS = ("seed", "seed+", "design", "upstream", "upstream+")
TITLE_LENGTH = 90
LETTERS = "CHT"
HEADER = re.compile(rf"list ([{LETTERS}]) (required|informational)")
PROMISE = re.compile(rf"([{LETTERS}])-(\d{{3}}) +(\S+) +(\S.*)")
AREA = re.compile(r"= ([A-Z]) (\S.*)")
EXCEPTION = re.compile(rf"([{LETTERS}]-\d{{3}}) +(?:(not-owed) +(\S.*)|overruled by ([^:]+): *(\S.*))")
# C-172, H_172, T172; C221_to_C226 names all six.
RANGE = re.compile(rf"(?<![A-Za-z0-9])([{LETTERS}])[-_]?(\d{{3}})_to_\1[-_]?(\d{{3}})(?!\d)")
NUMBER = re.compile(rf"(?<![A-Za-z0-9])([{LETTERS}])[-_]?(\d{{3}})(?!\d)")


@dataclass
class Promise:
    number: str
    area: str
    tag: str
    title: str


@dataclass
class List:
    name: str
    letter: str  # of its numbers
    required: bool  # otherwise it is told and does not fail the run
    promises: dict = field(default_factory=dict)  # number -> Promise, in the list's order
    areas: dict = field(default_factory=dict)  # letter -> name


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


def load_promise(place, line, made, area):
    row = PROMISE.fullmatch(line)
    if row is None or row.group(1) != made.letter or row.group(3) not in TAGS or not area:
        raise BadList(f"{place}: not a promise of the list {made.letter}: {line}")
    if int(row.group(2)) != len(made.promises) + 1:
        raise BadList(f"{place}: {made.letter}-{len(made.promises) + 1:03} is expected here: {line}")
    if len(row.group(4)) > TITLE_LENGTH:
        raise BadList(f"{place}: more than {TITLE_LENGTH} characters: {row.group(4)}")
    number = f"{made.letter}-{row.group(2)}"
    made.promises[number] = Promise(number, area, row.group(3), row.group(4))


def load_list(name, directory=HERE):
    made, area = None, ""
    for place, line in content(directory / f"{name}.txt"):
        if made is None:
            header = HEADER.fullmatch(line)
            if header is None:
                raise BadList(f"{place}: a list begins with `list LETTER required` or `list LETTER informational`: {line}")
            made = List(name, header.group(1), header.group(2) == "required")
        elif heading := AREA.fullmatch(line):
            area = heading.group(1)
            if area in made.areas:
                raise BadList(f"{place}: the area {area} is there twice")
            made.areas[area] = heading.group(2)
        else:
            load_promise(place, line, made, area)
    if made is None or not made.promises:
        raise BadList(f"{name}.txt: no promises")
    return made


def load_lists(directory=HERE, names=LISTS):
    lists = [load_list(name, directory) for name in names]
    letters = [made.letter for made in lists]
    if len(set(letters)) != len(letters):
        raise BadList(f"two lists have one letter: {' '.join(letters)}")
    return lists


def load_exceptions(lists, directory=HERE):
    known = {number for made in lists for number in made.promises}
    excuses = {}
    for place, line in content(directory / "exceptions.txt"):
        row = EXCEPTION.fullmatch(line)
        if row is None or row.group(1) not in known or row.group(1) in excuses:
            raise BadList(f"{place}: not an exception from a list: {line}")
        if row.group(2):
            excuses[row.group(1)] = Excuse("not-owed", row.group(3))
        else:
            excuses[row.group(1)] = Excuse("overruled", f"by {row.group(4)}: {row.group(5)}")
    return excuses


def numbers_in(name):
    """The promises that a test of this name claims to show."""
    found = {(letter, int(n)) for letter, n in NUMBER.findall(name)}
    for letter, first, last in RANGE.findall(name):
        found.update((letter, n) for n in range(int(first), int(last) + 1))
    return {f"{letter}-{n:03}" for letter, n in sorted(found)}
