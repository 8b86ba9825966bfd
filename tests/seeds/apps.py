"""Makes applications out of apps/<name>: every `--@block ID` and `#@block ID` line becomes that block's bytes."""

import re
import shutil
from pathlib import Path

import blocks

APPS = Path(__file__).resolve().parent / "apps"
MARKER = re.compile(r"^(?:--|#)@block (\d{3}-\d{2})(?: indent ([\d ]+))?$")


def references(text):
    return [m.group(1) for m in map(MARKER.match, text.splitlines()) if m]


def app_files(name):
    return sorted(p for p in (APPS / name).rglob("*") if p.suffix in (".lua", ".yaml"))


def blocks_of(name):
    return {block for path in app_files(name) for block in references(path.read_text(encoding="utf-8"))}


def block_text(identity, table, indent):
    block = next(b for b in table["blocks"] if b["id"] == identity)
    text = blocks.copy_path(block).read_text(encoding="utf-8")
    if not indent:
        return text
    lines, widths = text.splitlines(), [int(w) for w in indent.split()]
    if len(lines) != len(widths):
        raise ValueError(f"{identity} has {len(lines)} lines, {len(widths)} indents are given")
    return "".join(" " * width + line + "\n" for line, width in zip(lines, widths))


def expand(text, table):
    out = []
    for line in text.splitlines():
        marker = MARKER.match(line)
        if marker is None and "@block" in line and not line.startswith("# "):
            raise ValueError(f"not a block marker: {line}")
        out.append(block_text(marker.group(1), table, marker.group(2)) if marker else line + "\n")
    return "".join(out)


def assemble(name, directory, table, hosts=True):
    source = Path(directory) / "src"
    for path in app_files(name):
        target = source / path.relative_to(APPS / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(expand(path.read_text(encoding="utf-8"), table), encoding="utf-8")
    if hosts:
        shutil.copy(APPS / "hosts.yaml", source / "hosts.yaml")
    return Path(directory)
