"""Broken applications, one fault each: broken/*.txt, with the command, the files and every line that is to be printed.

A file: `$ ARGUMENTS`, then `--- PATH` and the text of each file, then `=== expected` and the output. <root> stands for the
project's folder, <outside> for the one around it. `run` refuses what `lint` does, in the same words, and starts nothing.
"""

import re
from pathlib import Path

import e2e
from e2e import case

FOLDER = Path(__file__).resolve().parent / "broken"


def read(path):
    text, expected = path.read_text(encoding="utf-8").split("=== expected\n")
    first, *parts = re.split(r"^--- ", text, flags=re.M)
    files = dict(part.split("\n", 1) for part in parts)
    return first.removeprefix("$ ").split(), files, expected


def shown(program, app):
    text = program.out + program.err
    return text.replace(str(app.resolve()), "<root>").replace(str(app.resolve().parent), "<outside>")


def add(path):
    @case(f"broken: {path.stem}")
    def broken():
        arguments, files, expected = read(path)
        app = e2e.write_files(e2e.scratch(), files)
        program = e2e.run(app, *arguments).exits(1)
        e2e.equal(shown(program, app), expected, str(path))
        for line in (line for line in expected.splitlines() if line.startswith("error: ")):
            program.check(re.match(r"error: (\S+:\d+(:\d+)?|-o \S+): ", line), f"a place at the beginning of {line!r}")
        if arguments[0] == "lint":
            program = e2e.run(app, "run", *arguments[1:]).exits(1)
            problems = [line.removeprefix("error: ") for line in expected.splitlines() if line.startswith("error: ")]
            e2e.equal(shown(program, app), "".join(f"Error: {problem}\n" for problem in problems), "run")


for file in sorted(FOLDER.glob("*.txt")):
    add(file)


@case("broken: there are sixty of them, none twice")
def sixty():
    texts = [str(read(path)[:2]) for path in FOLDER.glob("*.txt")]
    e2e.equal((len(texts) >= 60, len(set(texts))), (True, len(texts)), "broken applications")
